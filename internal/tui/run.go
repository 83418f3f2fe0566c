package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// runScreen shows a run: its snapshot, its events, and what comes. Leaving it does not stop the run.
type runScreen struct {
	*shared
	run        *talk.Run
	transcript transcript
}

func newRun(s *shared, run *talk.Run) *runScreen {
	r := &runScreen{shared: s, run: run}
	r.transcript.width = 80
	return r
}

// interrupt implements screen. A watched run can't be interrupted.
func (r *runScreen) interrupt() {}

// press implements screen.
func (r *runScreen) press(msg tea.Msg) (screen, tea.Cmd) {
	key, _ := msg.(tea.KeyPressMsg)
	switch stroke := key.Keystroke(); stroke {
	case "q", "esc":
		return nil, nil
	case "r":
		if r.run.Doing() == nil {
			r.talk.Rewatch()
		}
	case "l":
		if r.run.Problem != nil {
			return newLogin(r.shared, ""), nil
		}
	default:
		r.transcript.press(stroke)
	}
	return r, nil
}
