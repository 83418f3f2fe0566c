package tui

import (
	"fmt"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// StartFailed implements [talk.Front].
func (a *app) StartFailed(p talk.Problem) {
	if start, ok := a.top().(*startScreen); ok {
		start.problem = &p
	}
}

// Started implements [talk.Front].
func (a *app) Started() { a.screens = []screen{a.cockpit} }

// Say implements [talk.Front]. While a run is shown, the text is added there too.
func (a *app) Say(kind talk.Kind, text string) {
	if kind == talk.Headline {
		return
	}
	a.cockpit.transcript.say(kind, text)
	if run := a.runScreen(); run != nil {
		run.transcript.say(kind, text)
	}
}

// Answer implements [talk.Front].
func (a *app) Answer(piece string, first bool) { a.cockpit.transcript.answer(piece, first) }

// Clear implements [talk.Front].
func (a *app) Clear() { a.cockpit.transcript.clear() }

// Help implements [talk.Front].
func (a *app) Help(rows [][2]string) {
	rows = append(rows, [][2]string{
		{}, {"Enter", "send"}, {"Ctrl+J", "new line; Shift+Enter too if the terminal reports it"}, {"Tab", "complete a command"},
		{"↑ ↓", "what was typed before"}, {"PgUp PgDn", "scroll"}, {"Esc", "interrupt"}, {"Ctrl+C", "interrupt; twice leaves"},
	}...)
	width := 0
	for _, row := range rows {
		width = max(width, text.Columns(row[0]))
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%s%s%s\n", row[0], strings.Repeat(" ", width+2-text.Columns(row[0])), row[1])
	}
	a.Say(talk.Noticed, strings.TrimSpace(b.String()))
}

// ChooseModel implements [talk.Front].
func (a *app) ChooseModel(models []talk.Model, note string) {
	a.cockpit.picker = newPicker(models, a.talk.Model(), note)
}

// Adopted implements [talk.Front].
func (a *app) Adopted() {
	a.cockpit.picker = nil
	a.cockpit.offer()
	a.talk.FetchCatalog(a.cockpit.offer)
}

// Login implements [talk.Front].
func (a *app) Login(news string) { a.screens = append(a.screens, newLogin(&a.shared, news)) }

// loginScreen returns the login screen if it is on top, or nil.
func (a *app) loginScreen() *loginScreen {
	l, _ := a.top().(*loginScreen)
	return l
}

// SignInNews implements [talk.Front].
func (a *app) SignInNews(news talk.SignInNews) {
	if l := a.loginScreen(); l != nil {
		l.hear(news)
	}
}

// LoginFailed implements [talk.Front].
func (a *app) LoginFailed(p talk.Problem) {
	if l := a.loginScreen(); l != nil {
		l.fail(p)
	}
}

// SignedIn implements [talk.Front].
func (a *app) SignedIn(here bool) (left bool) {
	l := a.loginScreen()
	if l == nil || !here && !l.choosing() {
		return l == nil
	}
	a.screens = a.screens[:len(a.screens)-1]
	return true
}

// Watch implements [talk.Front].
func (a *app) Watch(run *talk.Run) {
	r := a.runScreen()
	if r == nil {
		r = newRun(&a.shared, run)
		a.screens = append(a.screens, r)
	}
	r.transcript.clear()
}

// runScreen returns the screen of a run if there is one, or nil.
func (a *app) runScreen() *runScreen {
	for _, s := range a.screens {
		if r, ok := s.(*runScreen); ok {
			return r
		}
	}
	return nil
}

// SayRun implements [talk.Front].
func (a *app) SayRun(kind talk.Kind, text string) {
	if r := a.runScreen(); r != nil && kind != talk.Headline {
		r.transcript.say(kind, text)
	}
}

// RunStopped implements [talk.Front]. The screen stays, and offers to show the run again.
func (a *app) RunStopped() {}
