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

// ErrCrashed is what [Run] and [RunPlain] end with after a panic, whose text and
// stack they have logged and nothing else.
var ErrCrashed = errors.New("mogplex has a defect, and ended the screen because of it")

func (a *app) crashed(msg crashMsg) tea.Cmd {
	a.err = ErrCrashed
	logCrash(a.services, msg)
	return tea.Quit
}

func logCrash(s Services, msg crashMsg) {
	s.Log("panic", "value", fmt.Sprint(msg.value), "stack", string(msg.stack))
}
