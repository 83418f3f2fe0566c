package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// startPatience is how long the screen stays empty.
const startPatience = 300 * time.Millisecond

// startScreen is shown while the credential is looked up, and says why if that fails.
type startScreen struct {
	*shared
	began   time.Time
	problem *talk.Problem
}

func newStart(s *shared) *startScreen { return &startScreen{shared: s, began: s.now()} }

func (s *startScreen) press(msg tea.Msg) (screen, tea.Cmd) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok || s.problem == nil {
		return s, nil
	}
	switch key.Keystroke() {
	case "r", "enter":
		s.problem = nil
		s.talk.Start()
	case "l":
		s.talk.StartAnyway()
	case "q", "esc":
		s.talk.Leave()
	}
	return s, nil
}

func (s *startScreen) view(window size) (string, *tea.Cursor) {
	p := newPage(s.theme, window, "")
	switch {
	case s.problem != nil:
		p.problem(*s.problem)
		p.foot("r try again", "l sign in", "q leave")
	case s.now().Sub(s.began) >= startPatience:
		p.say(s.theme.muted, "Looking for your credential…")
	}
	return p.drawn()
}

func (s *startScreen) interrupt() {}
