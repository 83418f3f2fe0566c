//go:build unix

package sessionlog

import (
	"os"
	"syscall"
)

// markAlive holds a lock on a session's file for as long as the file is open.
func markAlive(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) }

// isAlive reports that a session has the file open, or that it can't be known.
func isAlive(root *os.Root, name string) bool {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return true
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
