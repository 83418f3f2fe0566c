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

// Replace makes data the content of path, in one step. When it returns nil, the
// content is on the disk; with ErrUnsure it was written, but a power cut may undo
// it; with any other error path is unchanged. It replaces a link, a pipe or an empty
// directory. It creates missing directories like [MakeDir], and removes leftovers like
// [Sweep]. Use a lock between writers of one path.
func Replace(path string, data []byte) error {
	r, err := newTemp(path)
	if err != nil {
		return err
	}
	return r.Replace(data)
}

// Create is [Replace] for a new file in an existing directory. If the path exists, it
// returns fs.ErrExist.
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

// Reservation is disk space for a file's next content. It is not safe for concurrent
// use.
type Reservation struct {
	path, temp string
	file       *os.File
}

// Reserve takes disk space for size bytes, in a temporary file beside path. The
// reservation's Replace with at most size bytes then succeeds even if the disk has
// filled up since, except on a file system that never overwrites in place. Call
// Replace or Release. If the process is killed, the next Replace or [Sweep] of the
// same path frees the space.
func Reserve(path string, size int) (*Reservation, error) {
	r, err := newTemp(path)
	if err != nil {
		return nil, err
	}
	// Random bytes occupy their space even if the file system compresses.
	filler := make([]byte, size)
	_, _ = rand.Read(filler) // never fails
	if err := writeSynced(r.file, filler); err != nil {
		r.Release()
		return nil, err
	}
	return r, nil
}

// Path is the path given to Reserve.
func (r *Reservation) Path() string { return r.path }

// Release frees the space. After Replace it does nothing.
func (r *Reservation) Release() {
	if r.file == nil {
		return
	}
	_ = os.Remove(r.temp)
	_ = r.file.Close()
	_ = os.Remove(r.temp) // Windows removes no file that is open
	r.file = nil
}

// Replace is the package's Replace in the reserved space.
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

// newTemp creates an empty file beside path. [Sweep] does not remove it while it is
// open.
func newTemp(path string) (*Reservation, error) {
	dir := filepath.Dir(path)
	if err := MakeDir(dir); err != nil {
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
		r.Release() // another writer removed it before it was locked
	}
}

// holdNew locks a file that was just created, and reports whether it still exists.
// It waits for a Sweep that has it locked.
func holdNew(file *os.File) bool {
	for {
		got, err := tryLock(file)
		if err != nil {
			return true // without locks, Sweep checks its age
		}
		if got {
			break
		}
		time.Sleep(time.Millisecond)
	}
	info, err := file.Stat()
	if err != nil {
		return true // the next use of the file reports the error
	}
	now, err := os.Lstat(file.Name())
	return err == nil && os.SameFile(info, now)
}

// writeSynced makes data the whole content of file, and syncs it.
func writeSynced(file *os.File, data []byte) error {
	if _, err := file.WriteAt(data, 0); err != nil {
		return err
	}
	if err := file.Truncate(int64(len(data))); err != nil {
		return err
	}
	return file.Sync()
}

// syncOf syncs the directory in which path was created or removed.
func syncOf(path string) error {
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return nil
}

// Remove removes a file, syncs its directory, and removes leftovers like [Sweep]. For a
// missing file it returns fs.ErrNotExist. ErrUnsure is as in [Replace].
func Remove(path string) error {
	Sweep(path)
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncOf(path)
}

func tempPrefix(path string) string { return "." + filepath.Base(path) + ".tmp-" }

// Sweep removes the temporary files that killed writers of path left, because they
// can hold secrets. It keeps those of running writers.
func Sweep(path string) {
	for _, temp := range Siblings(path, tempPrefix(path)) {
		ifAbandoned(temp, func() { _ = os.Remove(temp) })
	}
}

// Leftovers returns the paths that Sweep would remove.
func Leftovers(path string) (left []string) {
	for _, temp := range Siblings(path, tempPrefix(path)) {
		ifAbandoned(temp, func() { left = append(left, temp) })
	}
	return left
}

// minTempAge is how old a temporary file must be before Sweep removes it from a file
// system without locks, where its writer may still run.
const minTempAge = time.Hour

// ifAbandoned calls do, with the file locked, if its writer has ended.
func ifAbandoned(temp string, do func()) {
	file, info, err := Open(temp)
	if err != nil {
		return // renamed or removed by its writer, or not ours
	}
	defer file.Close()
	got, err := tryLock(file)
	if got || err != nil && time.Since(info.ModTime()).Abs() > minTempAge {
		do()
	}
}

// Siblings returns the paths of this user's regular files in the directory of path
// whose names begin with prefix; none if it can't read the directory.
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

// Hold marks an open file as in use until it is closed or the process ends; see
// [Held]. It does nothing on a file system without locks.
func Hold(file *os.File) { _, _ = tryLock(file) }

// Held reports whether [Hold] was called for another open descriptor of the file,
// in this process or another. An error means that the file system can't tell.
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
