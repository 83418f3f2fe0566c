//go:build unix

package legacyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// lockFlags keep the opening of a planted pipe from blocking and a planted
// link from being followed.
const lockFlags = os.O_CREATE | os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// openExisting opens a file for reading. It follows no link and waits for
// nobody: a pipe put in the file's place opens at once.
func openExisting(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENXIO) {
		return nil, ErrNotRegular // replaced by a link or a socket since it was looked at
	}
	return file, err
}

// createPrivate creates a file of mode 0600, whatever the umask.
func createPrivate(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(0o600); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func makePrivateDir(dir string) error { return os.MkdirAll(dir, 0o700) }

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir makes a rename in dir last. Some file systems can't, and say EINVAL
// or ENOTSUP.
func syncDir(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

func owner(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}

func isOurs(info fs.FileInfo) bool { return owner(info) == os.Geteuid() }

// checkOwner refuses a file of another user, to root as well: what another
// user can write is not ours to trust.
func checkOwner(_ *os.File, info fs.FileInfo) error {
	if !isOurs(info) {
		return ErrNotOwner
	}
	return nil
}

// checkLinkOwner refuses a link that another user made. Root's are trusted.
func checkLinkOwner(info fs.FileInfo) error {
	if !isOurs(info) && owner(info) != 0 {
		return ErrNotOwner
	}
	return nil
}

func laxFile(_ *os.File, info fs.FileInfo) (was string, lax bool) {
	perm := info.Mode().Perm()
	return fmt.Sprintf("mode %04o", perm), perm&^0o600 != 0
}

func closeFile(file *os.File) error { return file.Chmod(0o600) }

// laxDir says whether others may write in a directory. A sticky one is shared
// on purpose, and one of another user is not ours to change.
func laxDir(_ string, info fs.FileInfo) (was string, repairable, lax bool) {
	repairable = isOurs(info) && info.Mode()&fs.ModeSticky == 0
	perm := info.Mode().Perm()
	return fmt.Sprintf("mode %04o", perm), repairable, perm&0o022 != 0
}
