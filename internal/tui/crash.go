package tui

import (
	"errors"
	"runtime"

	tea "charm.land/bubbletea/v2"
)

// crashMsg is a panic.
type crashMsg struct {
	value   any
	callers []uintptr
}

// crash is a recovered panic. Call it in the deferred function.
func crash(value any) crashMsg { return crashMsg{value, callers()} }

// callers are the frames below the function that calls it, or below crash.
func callers() []uintptr {
	frames := make([]uintptr, 100)
	return frames[:runtime.Callers(3, frames)]
}

// ErrCrashed is what [Run] and [RunPlain] end with after a panic, whose type and
// frames they have logged and nothing else.
var ErrCrashed = errors.New("mogplex has a defect, and ended the screen because of it")

func (a *app) crashed(msg crashMsg) tea.Cmd {
	a.err = ErrCrashed
	a.services.LogPanic(msg.value, msg.callers)
	return tea.Quit
}
