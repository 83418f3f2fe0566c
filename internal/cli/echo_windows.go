package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// quiet turns the terminal's echo off until restore is called. restore also discards a
// half-typed line: the person did not see it, and the next reader must not get it. Ok is
// false if f is not a terminal.
func quiet(f *os.File) (restore func(), ok bool) {
	handle := windows.Handle(f.Fd())
	var before uint32
	if windows.GetConsoleMode(handle, &before) != nil {
		return func() {}, false
	}
	if windows.SetConsoleMode(handle, before&^windows.ENABLE_ECHO_INPUT) != nil {
		return func() {}, false
	}
	return func() {
		_ = windows.FlushConsoleInputBuffer(handle)
		_ = windows.SetConsoleMode(handle, before)
	}, true
}
