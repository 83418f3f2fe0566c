//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// quiet keeps the terminal from showing what is typed, until restore, which
// also drops what was begun: nobody saw it, and it is not for whoever reads next.
// Lines, Ctrl+C and Ctrl+Z are as before. Ok is false where f is no terminal.
func quiet(f *os.File) (restore func(), ok bool) {
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return func() {}, false
	}
	silent := *before
	silent.Lflag &^= unix.ECHO | unix.ECHONL
	if unix.IoctlSetTermios(fd, setTermios, &silent) != nil {
		return func() {}, false
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermiosAndFlush, before) }, true
}
