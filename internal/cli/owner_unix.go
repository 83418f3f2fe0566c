//go:build unix

package cli

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// ownDir reports whether path is a directory of this user's, or can become
// one: a name among the temporary files can be taken by somebody else.
func ownDir(path string) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(stat.Uid) == os.Geteuid()
}
