//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// quiet turns the terminal's echo off until restore is called. restore also discards a
// half-typed line: the person did not see it, and the next reader must not get it. Lines,
// Ctrl+C and Ctrl+Z work as before. Ok is false if f is not a terminal.
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
