//go:build unix

package cli

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// nonBlocking keeps the opening of a planted pipe from waiting for its writer.
const nonBlocking = syscall.O_NONBLOCK

// ownDir reports whether path is a directory of this user's, or can become
// one: a name among the temporary files can be taken by somebody else.
func ownDir(path string) bool {
	info, err := os.Lstat(path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return info.IsDir() && owner(info) == os.Geteuid()
}

// trustedOwner reports whether a file is this user's or root's.
func trustedOwner(info fs.FileInfo) bool { return owner(info) == os.Geteuid() || owner(info) == 0 }

func owner(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}
