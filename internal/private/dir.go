package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// MakeDir creates a directory and what is missing above it, each level for this
// user alone. When it returns nil, a power cut does not undo any of them. Root
// creates nothing in a directory of another user: ErrNotOwner.
func MakeDir(dir string) error {
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
	if len(missing) == 0 {
		return nil
	}
	if err := checkRoot(at); err != nil {
		return err
	}
	for _, level := range slices.Backward(missing) {
		if err := makeOne(level); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := SyncDir(filepath.Dir(level)); err != nil {
			return err
		}
	}
	return nil
}

// checkRoot keeps root from leaving files in a directory of another user, who
// could not open them.
func checkRoot(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return checkDirOwner(dir)
}

// checkDirOwner returns ErrNotOwner if dir is neither this user's nor root's.
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

var errNotDir = errors.New("is a symbolic link or no directory")

// OpenDir opens a directory of this user that is no symbolic link, and takes
// away the rights that others have to it.
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
	if _, lax := laxDir(info); lax {
		_ = root.Chmod(".", 0o700) // if it fails, the files in it are 0600 all the same
	}
	return root, nil
}

// CloseDir takes away the rights that others have to a directory of this user.
// It returns what they were, "" if there were none or the directory is missing,
// another user's or shared on purpose (sticky, as /tmp is). An error means that
// others still have them. Call it only for a directory that exists for our
// files: others may need to pass through any other.
func CloseDir(dir string) (was string, err error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() || !isOurs(info) || info.Mode()&fs.ModeSticky != 0 {
		return "", nil
	}
	was, lax := laxDir(info)
	if !lax {
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
	return writableDir(info)
}
