//go:build unix

package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openExisting opens a file for reading. It follows no link and does not block if a
// pipe replaced the file. It avoids [os.OpenFile], which would start the runtime's
// poller: a regular file does not need that.
func openExisting(path string) (*os.File, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		switch err {
		case nil:
			_ = unix.SetNonblock(fd, false) // otherwise NewFile starts the poller
			return os.NewFile(uintptr(fd), path), nil
		case unix.EINTR:
			continue
		case unix.ELOOP, unix.ENXIO:
			err = ErrNotRegular // a link or a socket replaced it
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
}

// createFile creates a file of mode 0600, whatever the umask.
func createFile(path string) (*os.File, error) {
	return withMode(os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600))
}

// openLock opens a lock file, and creates a missing one. It opens it for writing
// because NFS emulates exclusive locks by record locks, which need that.
func openLock(path string) (*os.File, error) {
	return withMode(os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0o600))
}

// withMode sets the mode 0600 of a file that was just opened or created.
func withMode(file *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() && isOurs(info) && info.Mode().Perm() != 0o600 {
		err = file.Chmod(0o600)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// makeOne creates one directory of mode 0700, whatever the umask.
func makeOne(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir syncs the names in dir to the disk, if the file system can.
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

// checkOwner refuses a file of another user, even to root, because such a file can't be
// trusted.
func checkOwner(_ *os.File, info fs.FileInfo) error {
	if !isOurs(info) {
		return ErrNotOwner
	}
	return nil
}

func checkTrusted(_ *os.File, info fs.FileInfo) error { return checkLinkOwner(info) }

// checkLinkOwner accepts a link or directory of this user or root.
func checkLinkOwner(info fs.FileInfo) error {
	if !isOurs(info) && owner(info) != 0 {
		return ErrNotOwner
	}
	return nil
}

// fileOpen reports whether others have rights to a file, and describes its mode. It
// ignores the owner's own rights.
func fileOpen(_ *os.File, info fs.FileInfo) (was string, open bool) { return dirOpen(info) }

func closeFile(file *os.File) error { return file.Chmod(0o600) }

func dirOpen(info fs.FileInfo) (was string, open bool) {
	perm := info.Mode().Perm()
	return fmt.Sprintf("mode %04o", perm), perm&0o077 != 0
}

func dirWritable(info fs.FileInfo) (mode string, writable bool) {
	perm := info.Mode().Perm()
	return fmt.Sprintf("mode %04o", perm), perm&0o022 != 0
}

// tryLock takes the lock of an open file. It returns false if another descriptor
// has it, and an error if the file system has no locks.
func tryLock(file *os.File) (bool, error) {
	for {
		switch err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
		case nil:
			return true, nil
		case unix.EWOULDBLOCK:
			return false, nil
		case unix.EINTR:
		default:
			return false, &fs.PathError{Op: "lock", Path: file.Name(), Err: err}
		}
	}
}

func unlock(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_UN) }

// fileID identifies a file on this machine.
func fileID(_ *os.File, info fs.FileInfo) (string, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", errors.ErrUnsupported
	}
	return fmt.Sprintf("%x-%x", stat.Dev, stat.Ino), nil
}
