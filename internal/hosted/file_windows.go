package hosted

import (
	"errors"
	"os"
	"time"
)

var errNotOwn = errors.New("it is not a file")

// openOwn opens a regular file for reading. The user's profile is closed to
// other users.
func openOwn(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errNotOwn, err)
	}
	return os.Open(path)
}

// rename waits out readers and virus scanners, which hold a file for a moment.
func rename(from, to string) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := os.Rename(from, to)
		if err == nil || wait > 500*time.Millisecond {
			return err
		}
		time.Sleep(wait)
	}
}
