package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// waiting is a browser sign-in that is under way.
type waiting struct {
	*loginScreen
	hidden                   // the pasted address
	prompt talk.SignInPrompt // zero until the address is known
	notice string
	reject *talk.Problem
	copied bool
}

// signIn begins a sign-in with the browser.
func (l *loginScreen) signIn() {
	l.step = &waiting{loginScreen: l, hidden: hidden{address: true}}
	l.talk.SignIn()
}

func (w *waiting) hear(news talk.SignInNews) {
	switch {
	case news.Prompt != nil:
		w.prompt = *news.Prompt
	case news.Reject != nil:
		w.reject = news.Reject
	case !news.Until.IsZero():
		w.prompt.Deadline = news.Until
	default:
		w.notice = news.Notice
	}
}

func (w *waiting) title() string { return "Sign in" }
func (w *waiting) back() step    { return newChoice(w.loginScreen) }

// press takes a key or a paste. In an empty input, c copies the address: no address begins with it.
func (w *waiting) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Keystroke() == "enter":
			w.talk.Paste(w.send())
			return nil
		case len(w.text) == 0 && key.Text == "c" && w.prompt.URL != "":
			w.copied = true
			return tea.SetClipboard(w.prompt.URL)
		}
	}
	if w.hidden.press(msg) {
		w.reject, w.copied = nil, false
	}
	return nil
}

func (w *waiting) draw(p *page) {
	if w.prompt.URL == "" {
		p.say(p.theme.accent, w.spinner()+" Preparing the sign-in…")
		p.foot("Esc cancel")
		return
	}
	p.brief(p.theme.plain, w.prompt.Lead(), "Open:")
	p.blank()
	p.address(w.prompt.URL)
	p.blank()
	if w.prompt.UserCode != "" {
		p.brief(p.theme.plain, strings.TrimSuffix(w.prompt.CodeText(), w.prompt.UserCode), "Code "+w.prompt.UserCode)
		p.also(p.theme.strong, w.prompt.UserCode)
		p.blank()
	}
	left := w.left()
	p.brief(p.theme.accent, w.spinner()+" Waiting for you"+left, w.spinner()+strings.TrimPrefix(left, " ·"))
	w.drawNews(p)
	p.blank()
	p.hint(talk.PasteText)
	p.input(&w.hidden)
	copies := "c copy the address"
	if w.copied {
		copies = "handed to the clipboard" // not every terminal takes it
	}
	p.foot(copies, "Esc cancel")
}

// left returns the time left, as text.
func (w *waiting) left() string {
	if w.prompt.Deadline.IsZero() {
		return ""
	}
	left := max(0, w.prompt.Deadline.Sub(w.now()).Round(time.Second))
	return fmt.Sprintf(" · %d:%02d left", int(left.Minutes()), int(left.Seconds())%60)
}

// drawNews shows the latest news.
func (w *waiting) drawNews(p *page) {
	switch {
	case w.wrong != "":
		p.brief(p.theme.bad, w.wrong, w.wrong)
	case w.reject != nil:
		p.brief(p.theme.bad, w.reject.Text, w.reject.Text)
		p.hint(w.reject.Hint)
	case w.notice != "":
		p.hint(w.notice)
	}
}
