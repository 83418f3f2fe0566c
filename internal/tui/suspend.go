package tui

import (
	"io"

	tea "charm.land/bubbletea/v2"
)

// suspension is Ctrl+Z: it gives the terminal back and stops the app until the shell continues it. (bubbletea's own waits
// forever without a shell, as in a window that was opened for mogplex.)
type suspension struct{ stopped bool }

// suspendedMsg is the end of a suspension.
type suspendedMsg struct {
	stopped bool
	err     error // the terminal can't be drawn on again
}

// suspend gives the terminal to the shell.
func suspend() tea.Cmd {
	s := &suspension{}
	return tea.Exec(s, func(err error) tea.Msg { return suspendedMsg{s.stopped, err} })
}

// Run implements [tea.ExecCommand].
func (s *suspension) Run() error {
	s.stopped = StopJob()
	return nil
}

// SetStdin implements [tea.ExecCommand].
func (*suspension) SetStdin(io.Reader) {}

// SetStdout implements [tea.ExecCommand].
func (*suspension) SetStdout(io.Writer) {}

// SetStderr implements [tea.ExecCommand].
func (*suspension) SetStderr(io.Writer) {}

// resumed goes on after a suspension.
func (a *app) resumed(msg suspendedMsg) tea.Cmd {
	switch {
	case msg.err != nil:
		a.err = msg.err
		return tea.Quit
	case !msg.stopped:
		a.hint = "There is no shell here to go back to." // until the next key
	}
	return nil
}
