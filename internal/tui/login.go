package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// loginScreen is where a person signs in or stores a key.
type loginScreen struct {
	*shared
	news string // why the screen is shown; may be empty
	step step
}

// step is one page of a loginScreen.
type step interface {
	title() string
	press(msg tea.Msg) tea.Cmd // a key or a paste
	back() step                // where Esc and Ctrl+C lead; nil: away
	draw(p *page)
}

func newLogin(s *shared, news string) *loginScreen {
	l := &loginScreen{shared: s, news: news}
	l.step = newChoice(l)
	return l
}

func (l *loginScreen) press(msg tea.Msg) (screen, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok && key.Keystroke() == "esc" {
		return l.escape(), nil
	}
	return l, l.step.press(msg)
}

// escape goes one step back. It first empties an input that holds something.
func (l *loginScreen) escape() screen {
	if in, ok := l.step.(interface{ emptied() bool }); ok && in.emptied() {
		return l
	}
	before := l.step.back()
	if before == nil {
		return nil
	}
	l.step = before
	l.talk.StopLogin()
	return l
}

// choosing reports that nothing is typed or under way.
func (l *loginScreen) choosing() bool {
	_, choosing := l.step.(*choice)
	return choosing
}

// hear shows news of the sign-in.
func (l *loginScreen) hear(news talk.SignInNews) {
	if w, ok := l.step.(*waiting); ok {
		w.hear(news)
	}
}

func (l *loginScreen) fail(p talk.Problem) {
	before := l.step.back()
	again := func() { l.step = before }
	if _, ok := l.step.(*waiting); ok {
		again = l.signIn
	}
	l.step = &failure{l, p, again}
}

func (l *loginScreen) interrupt() {
	before := l.step.back()
	if l.talk.StopLogin() {
		l.step = before
	}
}

func (l *loginScreen) view(window size) (string, *tea.Cursor) {
	p := newPage(l.theme, window, l.step.title())
	l.step.draw(p)
	return p.drawn()
}
