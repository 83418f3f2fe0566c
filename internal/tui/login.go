package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// loginScreen is where a person signs in or stores a key. A success is a
// [storedMsg], with which the app takes the screen away.
type loginScreen struct {
	*shared
	session Session // what is in force meanwhile
	news    string  // why the screen is shown; may be empty
	step    step
	job     int             // counts what was begun; an older one is not heard any more
	running context.Context // of the job; it ends when that is stopped
	cancel  context.CancelFunc
	busy    bool
}

// step is what a loginScreen is at.
type step interface {
	title() string
	press(msg tea.Msg) tea.Cmd // a key or a paste
	back() step                // where Esc and Ctrl+C lead; nil: away
	draw(p *page)
}

// failedMsg is the end of a job that stored nothing.
type failedMsg struct {
	job int
	err error
}

// spinMsg moves what shows that something is going on.
type spinMsg struct{ job int }

func newLogin(s *shared, now Session) *loginScreen {
	l := &loginScreen{shared: s, session: now, running: s.ctx, cancel: func() {}}
	l.step = newChoice(l)
	return l
}

func (l *loginScreen) init() tea.Cmd { return nil }

func (l *loginScreen) update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if msg.Keystroke() == "esc" {
			return l.escape()
		}
		return l, l.step.press(msg)
	case tea.PasteMsg:
		return l, l.step.press(msg)
	case sessionMsg:
		return l.changed(msg)
	case failedMsg:
		if msg.job == l.job {
			l.fail(msg.err)
		}
	case spinMsg:
		if msg.job == l.job {
			return l, l.tick(spinEvery, msg)
		}
	case signInMsg:
		if w, ok := l.step.(*waiting); ok && msg.job == l.job {
			w.heard(msg)
			return l, w.listen()
		}
	}
	return l, nil
}

// escape goes one step back. In an input that holds something it empties that.
func (l *loginScreen) escape() (screen, tea.Cmd) {
	if in, ok := l.step.(interface{ emptied() bool }); ok && in.emptied() {
		return l, nil
	}
	if before := l.step.back(); before != nil {
		l.stop()
		l.step = before
		return l, nil
	}
	return nil, nil
}

// changed takes over what another process did. Someone who is signed in there
// has nothing to choose here.
func (l *loginScreen) changed(msg sessionMsg) (screen, tea.Cmd) {
	if msg.err != nil {
		return l, nil
	}
	was := l.session
	l.session = msg.session
	if _, choosing := l.step.(*choice); choosing && !was.SignedIn && msg.session.SignedIn {
		return nil, nil
	}
	return l, nil
}

// begin has work done that stores a credential of a provider, and shows what is
// to be seen meanwhile.
func (l *loginScreen) begin(provider string, show step, work func(context.Context) (Stored, error)) tea.Cmd {
	l.stop()
	ctx, cancel := context.WithCancel(l.ctx)
	l.running, l.cancel, l.step, l.busy = ctx, cancel, show, true
	job := l.job
	return tea.Batch(l.tick(spinEvery, spinMsg{job}), func() tea.Msg {
		stored, err := work(ctx)
		if err != nil {
			return failedMsg{job, err}
		}
		now, unknown := l.services.Session(l.ctx)
		return storedMsg{provider, stored, sessionMsg{now, unknown}}
	})
}

// stop ends what is running. What it stored by then is stored, and told.
func (l *loginScreen) stop() {
	l.cancel()
	l.cancel, l.busy = func() {}, false
	l.job++
}

func (l *loginScreen) fail(err error) {
	p := l.services.Explain(err)
	before := l.step.back()
	again := func() tea.Cmd { l.step = before; return nil }
	if w, ok := l.step.(*waiting); ok {
		again = w.again
	}
	l.stop()
	l.step = &failure{l, p, again}
}

func (l *loginScreen) interrupt() bool {
	_, waits := l.step.(*waiting)
	_, works := l.step.(*working)
	if waits || works {
		before := l.step.back()
		l.stop()
		l.step = before
	}
	return waits || works
}

func (l *loginScreen) close() { l.stop() }

func (l *loginScreen) view(window size) (string, *tea.Cursor) {
	p := newPage(l.theme, window, l.step.title())
	l.step.draw(p)
	return p.drawn()
}
