package tui

import (
	"errors"
	"fmt"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"
)

// crashMsg is a panic.
type crashMsg struct {
	value any
	stack []byte
}

// crash is a recovered panic.
func crash(value any) crashMsg { return crashMsg{value, debug.Stack()} }

// errCrashed is what is said of a panic. What it said itself is in the log.
var errCrashed = errors.New("mogplex has a defect, and ended the screen because of it; the session log has the details")

func (a *app) crashed(msg crashMsg) tea.Cmd {
	a.err = errCrashed
	logCrash(a.services, msg)
	return tea.Quit
}

func logCrash(s Services, msg crashMsg) {
	s.Log("panic", "value", fmt.Sprint(msg.value), "stack", string(msg.stack))
}
