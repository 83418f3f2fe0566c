//go:build unix

package hosted

import (
	"errors"
	"os"
	"syscall"
)

var errNotOwn = errors.New("it is not a file of this user's")

// openOwn opens a regular file of this user's for reading.
func openOwn(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !info.Mode().IsRegular() || !ok || int(stat.Uid) != os.Geteuid() {
			err = errNotOwn
		}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func rename(from, to string) error { return os.Rename(from, to) }
