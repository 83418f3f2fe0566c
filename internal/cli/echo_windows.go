package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// quiet keeps the terminal from showing what is typed, until restore, which
// also drops what was begun: nobody saw it, and it is not for whoever reads next.
// Ok is false where f is no terminal.
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
