package private

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Replace makes data the content of path, or leaves path as it is; with
// ErrUnsure it did the first. When it returns nil, the content is on the disk.
// A link, a pipe or an empty directory of that name gives way. Missing
// directories are created as [MakeDir] does, and what killed writers of the
// same path left is removed. Writers of one path should take turns.
func Replace(path string, data []byte) error {
	r, err := newTemp(path)
	if err != nil {
		return err
	}
	return r.Replace(data)
}

// Create is [Replace] for a path that must not exist yet: fs.ErrExist. Its
// directory must exist.
func Create(path string, data []byte) error {
	if err := checkRoot(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := createFile(path)
	if err != nil {
		return err
	}
	err = writeSynced(file, data)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(path)
		return err
	}
	return syncOf(path)
}

// Reservation is disk space beside a file for its next content. It belongs to
// one goroutine.
type Reservation struct {
	path, temp string
	file       *os.File
}

// Reserve takes the disk space for size bytes beside path, so that a Replace of
// the reservation with no more than that does not fail because the disk filled
// up in between. A file system that never overwrites in place may still fail.
// The caller calls Replace or Release. A killed process leaves the space taken
// until the next Replace or [Sweep] of the same path.
func Reserve(path string, size int) (*Reservation, error) {
	r, err := newTemp(path)
	if err != nil {
		return nil, err
	}
	// Random bytes take their space even if the file system compresses.
	filler := make([]byte, size)
	_, _ = rand.Read(filler) // never fails
	if err := writeSynced(r.file, filler); err != nil {
		r.Release()
		return nil, err
	}
	return r, nil
}

// Path is the file that the reservation was made for.
func (r *Reservation) Path() string { return r.path }

// Release gives the space back. After Replace it does nothing.
func (r *Reservation) Release() {
	if r.file == nil {
		return
	}
	_ = os.Remove(r.temp)
	_ = r.file.Close()
	_ = os.Remove(r.temp) // Windows removes no file that is open
	r.file = nil
}

// Replace is the package's Replace, with the space that was reserved.
func (r *Reservation) Replace(data []byte) error {
	defer r.Release()
	err := writeSynced(r.file, data)
	if err == nil {
		if info, statErr := os.Lstat(r.path); statErr == nil && info.IsDir() {
			_ = os.Remove(r.path)
		}
		err = rename(r.temp, r.path)
	}
	if err != nil {
		return err
	}
	_ = r.file.Close() // its content is synced
	r.file = nil
	return syncOf(r.path)
}

// newTemp creates an empty file beside path that [Sweep] takes for a living
// writer's for as long as it is open.
func newTemp(path string) (*Reservation, error) {
	dir := filepath.Dir(path)
	if err := MakeDir(dir); err != nil {
		return nil, err
	}
	if err := checkRoot(dir); err != nil {
		return nil, err
	}
	Sweep(path)
	for {
		temp := filepath.Join(dir, tempPrefix(path)+rand.Text())
		file, err := createFile(temp)
		if err != nil {
			return nil, err
		}
		r := &Reservation{path: path, temp: temp, file: file}
		if holdNew(file) {
			return r, nil
		}
		r.Release() // another writer swept it before it was held
	}
}

// holdNew holds a file that was just created, and reports whether it is still
// there. It waits for a sweeper that looks at the file.
func holdNew(file *os.File) bool {
	for {
		got, err := tryLock(file)
		if err != nil {
			return true // no locks here: sweepers go by its age
		}
		if got {
			break
		}
		time.Sleep(time.Millisecond)
	}
	info, err := file.Stat()
	if err != nil {
		return true // using it will say what is wrong
	}
	now, err := os.Lstat(file.Name())
	return err == nil && os.SameFile(info, now)
}

// writeSynced makes data the whole content of file, on the disk when it
// returns nil.
func writeSynced(file *os.File, data []byte) error {
	if _, err := file.WriteAt(data, 0); err != nil {
		return err
	}
	if err := file.Truncate(int64(len(data))); err != nil {
		return err
	}
	return file.Sync()
}

// syncOf syncs the directory in which path was made or removed.
func syncOf(path string) error {
	if err := SyncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return nil
}

// Remove removes a file for good, and what killed writers of it left. A missing
// file is fs.ErrNotExist; ErrUnsure as in [Replace].
func Remove(path string) error {
	Sweep(path)
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncOf(path)
}

func tempPrefix(path string) string { return "." + filepath.Base(path) + ".tmp-" }

// Sweep removes what killed writers of path left beside it: it can hold
// secrets. Files of writers that live stay.
func Sweep(path string) {
	for _, temp := range Siblings(path, tempPrefix(path)) {
		ifDead(temp, func() { _ = os.Remove(temp) })
	}
}

// Leftovers lists what Sweep would remove.
func Leftovers(path string) (dead []string) {
	for _, temp := range Siblings(path, tempPrefix(path)) {
		ifDead(temp, func() { dead = append(dead, temp) })
	}
	return dead
}

// youngTemp is the age below which a temporary file is left alone on a file
// system without locks, which can't say whether its writer lives.
const youngTemp = time.Hour

// ifDead calls do if nobody holds the file, and lets nobody hold it meanwhile.
func ifDead(temp string, do func()) {
	file, info, err := Open(temp)
	if err != nil {
		return // renamed or removed by its writer, or not ours
	}
	defer file.Close()
	got, err := tryLock(file)
	if got || err != nil && time.Since(info.ModTime()).Abs() > youngTemp {
		do()
	}
}

// Siblings lists this user's regular files in the directory of path whose names
// begin with prefix. A directory that can't be read has none.
func Siblings(path, prefix string) (paths []string) {
	dir := filepath.Dir(path)
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && isOurs(info) {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths
}

// Hold marks an open file as in use until it is closed, however its process
// ends; see [Held]. It does nothing on a file system without locks.
func Hold(file *os.File) { _, _ = tryLock(file) }

// Held reports whether another open descriptor of the file, in this process or
// another, has it on [Hold]. An error means that the file system can't say.
func Held(file *os.File) (bool, error) {
	got, err := tryLock(file)
	if err != nil {
		return false, err
	}
	if !got {
		return true, nil
	}
	return false, unlock(file)
}
