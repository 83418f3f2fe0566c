package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// size is the window's, in columns and lines.
type size struct{ width, height int }

// screen is one view of the app, and has the whole window. Screens lie on top of each other: the uppermost is drawn and
// gets what is typed. All calls come from one goroutine.
type screen interface {
	// press takes a key or a paste. It returns the screen itself, another to lay on top of it, or nil to be taken away.
	press(msg tea.Msg) (screen, tea.Cmd)
	// view draws at most height lines of at most width columns. The cursor is nil if nothing can be typed.
	view(size size) (text string, cursor *tea.Cursor)
	// interrupt ends what is running.
	interrupt()
}

// shared is what all screens work with.
type shared struct {
	talk  *talk.Talk
	theme *theme // replaced in place when the terminal's background is known
	now   func() time.Time
}

// tick sends a message after a while. Unlike tea.Tick, it ends with the app.
func (s *shared) tick(wait time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-s.talk.Done():
			return nil
		}
	}
}

const spinEvery = 120 * time.Millisecond

// spinner is a picture of it for a moment.
func (s *shared) spinner() string {
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	return string(frames[s.now().UnixMilli()/spinEvery.Milliseconds()%int64(len(frames))])
}
