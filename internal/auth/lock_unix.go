//go:build unix

package auth

import (
	"os"
	"syscall"
)

// lockFlags keep the opening of a planted pipe from blocking and a planted link
// from being followed.
const lockFlags = os.O_CREATE | os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOFOLLOW
