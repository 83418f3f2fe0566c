package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// startScreen is shown while the credential is looked for: nothing at first,
// and why it could not be found out, if it comes to that.
type startScreen struct {
	*shared
	slow    bool
	problem *Problem
}

type (
	slowMsg  struct{}
	retryMsg struct{} // look for the credential again
	loginMsg struct{} // go to the login screen, whatever is in force
)

func newStart(s *shared) *startScreen { return &startScreen{shared: s} }

func (s *startScreen) init() tea.Cmd { return s.tick(300*time.Millisecond, slowMsg{}) }

func (s *startScreen) update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case slowMsg:
		s.slow = true
	case sessionMsg:
		if msg.err != nil {
			p := s.services.Explain(msg.err)
			s.problem = &p
		}
	case tea.KeyPressMsg:
		if s.problem != nil {
			return s, s.press(msg.Keystroke())
		}
	}
	return s, nil
}

func (s *startScreen) press(key string) tea.Cmd {
	switch key {
	case "r", "enter":
		s.problem = nil
		return func() tea.Msg { return retryMsg{} }
	case "l":
		return func() tea.Msg { return loginMsg{} }
	case "q", "esc":
		return tea.Quit
	}
	return nil
}

func (s *startScreen) view(window size) (string, *tea.Cursor) {
	p := newPage(s.theme, window, "")
	switch {
	case s.problem != nil:
		p.problem(*s.problem)
		p.foot("r try again", "l sign in", "q leave")
	case s.slow:
		p.say(s.theme.muted, "Looking for your credential…")
	}
	return p.drawn()
}

func (s *startScreen) interrupt() bool { return false }
func (s *startScreen) close()          {}
