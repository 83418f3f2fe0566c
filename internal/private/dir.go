package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// MakeDir creates a directory and its missing parents, each for this user alone.
// When it returns nil, all of them are on the disk. For root it returns ErrNotOwner if
// the first existing directory belongs to another user.
func MakeDir(dir string) error { return makeDir(dir, checkRoot) }

// makeDir is MakeDir with another check of the first existing directory.
func makeDir(dir string, check func(dir string) error) error {
	var missing []string
	at := filepath.Clean(dir)
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: at, Err: errNotDir}
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			return err
		}
		missing = append(missing, at)
		at = filepath.Dir(at)
	}
	if err := check(at); err != nil {
		return err
	}
	for _, level := range slices.Backward(missing) {
		if err := makeOne(level); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := syncDir(filepath.Dir(level)); err != nil {
			return err
		}
	}
	return nil
}

// checkRoot keeps root from creating files in a directory of another user, who
// could not open them.
func checkRoot(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return checkDirOwner(dir)
}

// checkDirOwner returns ErrNotOwner unless dir is this user's or root's.
func checkDirOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if checkLinkOwner(info) != nil {
		return fmt.Errorf("the directory %s is %w", dir, ErrNotOwner)
	}
	return nil
}

var errNotDir = errors.New("not a directory, or a symbolic link")

// OpenDir opens a directory of this user that is not a symbolic link, and
// removes others' rights to it.
func OpenDir(dir string) (*os.Root, error) {
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: errNotDir}
	}
	if !isOurs(info) {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: ErrNotOwner}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if opened, err := root.Stat("."); err != nil || !os.SameFile(info, opened) {
		root.Close()
		return nil, &fs.PathError{Op: "open", Path: dir, Err: errNotDir}
	}
	if _, open := dirOpen(info); open {
		_ = root.Chmod(".", 0o700) // the files in it are 0600 even if this fails
	}
	return root, nil
}

// CloseDir removes others' rights to a directory of this user, and describes them in
// was. It ignores a directory that is missing, another user's or, like /tmp, sticky.
// After an error others still have the rights. Call it only for a directory of this
// program: others may need to pass through any other.
func CloseDir(dir string) (was string, err error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || !isOurs(info) || info.Mode()&fs.ModeSticky != 0 {
		return "", nil
	}
	was, open := dirOpen(info)
	if !open {
		return "", nil
	}
	return was, os.Chmod(dir, 0o700)
}

// Writable reports whether others may write in a directory, so that they could
// replace its files, and describes its mode.
func Writable(dir string) (mode string, writable bool) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", false
	}
	return dirWritable(info)
}
