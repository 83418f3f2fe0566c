package legacyfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// errUnsure: the target is replaced, and a power cut can bring the old one back.
var errUnsure = errors.New("it may not be on the disk for good")

// replace makes data the content of target, or leaves target as it is; with
// errUnsure it did the first. The lock is held.
func (f *File) replace(target string, data []byte) error {
	if len(data) > maxSize {
		return fmt.Errorf("save to %s: %w", f.path, ErrTooLarge)
	}
	dir, base := filepath.Split(target)
	dir = filepath.Clean(dir)
	if err := makeDir(dir); err != nil {
		return fmt.Errorf("save to %s: %w", f.path, err)
	}
	sweep(dir, base)
	temp := filepath.Join(dir, tempPrefix(base)+rand.Text())
	err := writeNew(temp, data)
	if err == nil {
		err = rename(temp, target)
	}
	if err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("save to %s: %w", f.path, err)
	}
	if err := f.syncDir(dir); err != nil {
		return fmt.Errorf("save to %s: %w: %w", f.path, errUnsure, err)
	}
	return nil
}

// writeNew creates a private file with the given content, on disk when it
// returns nil.
func writeNew(path string, data []byte) error {
	file, err := createPrivate(path)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// discard removes a file that holds nothing any more. A link to it stays. The
// lock is held.
func (f *File) discard(target string) error {
	err := os.Remove(target)
	if err == nil {
		err = f.syncDir(filepath.Dir(target))
	}
	if err != nil {
		return fmt.Errorf("remove from %s: %w", f.path, err)
	}
	return nil
}

func tempPrefix(base string) string { return "." + base + ".tmp-" }

// sweep removes what killed writers left: it can hold secrets. The lock is
// held, so nothing that it finds is still being written.
func sweep(dir, base string) {
	for _, path := range leftovers(dir, base) {
		_ = os.Remove(path)
	}
}

// leftovers are our own temporary files beside a target.
func leftovers(dir, base string) []string { return beside(dir, tempPrefix(base)) }

// beside are our own files of a directory whose names begin with prefix. A
// directory that can't be read has none; what follows will say what is wrong.
func beside(dir, prefix string) (paths []string) {
	dir = filepath.Clean(dir)
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

const asideMark = ".corrupt-"

// PutAside lists the files that Set put aside as corrupt and that are still
// there. They may hold secrets.
func (f *File) PutAside() []string {
	target, _, err := resolve(f.path)
	if err != nil {
		return nil
	}
	dir, base := filepath.Split(target)
	return beside(dir, base+asideMark)
}

// putAside gives the corrupt target a second name, so that at no instant its
// content has none, and returns it. The lock is held.
func (f *File) putAside(target string) (string, error) {
	stamp := target + asideMark + f.now().UTC().Format("20060102T150405Z")
	aside := stamp
	for n := 2; ; n++ {
		err := os.Link(target, aside)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = copyNew(target, aside) // no hard links on this file system
		}
		if err == nil {
			return aside, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("put aside %s: %w", f.path, err)
		}
		aside = fmt.Sprintf("%s-%d", stamp, n)
	}
}

func copyNew(from, to string) error {
	file, err := openExisting(from)
	if err != nil {
		return err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return err
	}
	if len(data) > maxSize {
		return ErrTooLarge
	}
	return writeNew(to, data)
}

// makeDir creates a directory and what is missing above it, each for us alone.
func makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := makePrivateDir(dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}
