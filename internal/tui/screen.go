package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// size is the window's, in columns and lines.
type size struct{ width, height int }

// screen is one view of the app, and has the whole window. Screens lie on top
// of each other: the uppermost is drawn and gets what is typed and pasted, and
// every other message goes to all. All calls come from one goroutine.
type screen interface {
	// init is called once, when the screen is shown for the first time.
	init() tea.Cmd
	// update returns the screen itself, or another to lay on top of it, or nil to
	// be taken away.
	update(msg tea.Msg) (screen, tea.Cmd)
	// view draws at most height lines of at most width columns. The cursor is nil
	// where nothing is typed.
	view(size size) (text string, cursor *tea.Cursor)
	// interrupt ends what is running, and reports whether something was.
	interrupt() bool
	// close ends what is running. The screen is not shown again.
	close()
}

// shared is what all screens work with.
type shared struct {
	ctx      context.Context // ends with the app
	services Services
	theme    *theme // replaced in place when the terminal's background is known
	now      func() time.Time
	newest   Session // of all looks answered so far
	parting  parting
}

// latest is the newest session that is known, given an answer that just came.
func (s *shared) latest(answer Session) Session {
	if answer.Look >= s.newest.Look {
		s.newest = answer
	} else {
		s.newest.Warnings = append(s.newest.Warnings, answer.Warnings...)
	}
	return s.newest
}

// lasting is a context that ends with ctx, but not with the app.
func (s *shared) lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if s.ctx.Err() == nil {
			cancel()
		}
	})
	return lasting, func() { stop(); cancel() }
}

// tick sends a message after a while. In place of tea.Tick: the end of the app
// does not wait for it.
func (s *shared) tick(wait time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-s.ctx.Done():
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

// sessionMsg tells whose credential is in force, after something changed it.
type sessionMsg struct {
	session Session
	err     error // it could not be looked up: what was in force may still be
}

// storedMsg tells that a credential was just stored, and what is in force since.
// The app takes the login screen away, and the cockpit says it.
type storedMsg struct {
	provider string
	stored   Stored
	sessionMsg
}

// attachedMsg tells why the run to attach to could not be shown, which is the
// app's exit code; nil where it was shown after all.
type attachedMsg struct{ err error }
