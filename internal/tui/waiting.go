package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// waiting is a browser sign-in that is under way.
type waiting struct {
	*loginScreen
	hidden              // the address that the browser ended at, from another machine
	prompt SignInPrompt // zero until the address is known
	notice string
	reject *Problem
	copied bool

	news   chan signInMsg
	pasted chan string
}

// signInMsg is what a sign-in says. One field beside the job is set.
type signInMsg struct {
	job    int
	prompt *SignInPrompt
	notice string
	until  time.Time
	reject *Problem
}

// signIn begins a sign-in with the browser.
func (l *loginScreen) signIn() tea.Cmd {
	w := &waiting{
		loginScreen: l, hidden: hidden{address: true},
		news: make(chan signInMsg), pasted: make(chan string),
	}
	return tea.Batch(l.begin(auth.Mogplex, w, w.work), w.listen())
}

// again is signIn for the key that tries again.
func (w *waiting) again() tea.Cmd { return w.signIn() }

// work runs off the screen's goroutine: it tells what is new as messages.
func (w *waiting) work(ctx context.Context) (Stored, error) {
	tell := func(msg signInMsg) {
		select {
		case w.news <- msg:
		case <-ctx.Done():
		}
	}
	return w.services.SignIn(ctx, SignIn{
		Open:   true,
		Show:   func(p SignInPrompt) { tell(signInMsg{prompt: &p}) },
		Notice: func(line string) { tell(signInMsg{notice: line}) },
		Until:  func(end time.Time) { tell(signInMsg{until: end}) },
		Reject: func(p Problem) { tell(signInMsg{reject: &p}) },
		Pasted: w.pasted,
	})
}

// listen waits for what the sign-in says next.
func (w *waiting) listen() tea.Cmd {
	ctx, job := w.running, w.job
	return func() tea.Msg {
		select {
		case msg := <-w.news:
			msg.job = job
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *waiting) heard(msg signInMsg) {
	switch {
	case msg.prompt != nil:
		w.prompt = *msg.prompt
		w.prompt.URL, w.prompt.UserCode = oneLine(w.prompt.URL), oneLine(w.prompt.UserCode)
	case msg.reject != nil:
		w.reject = msg.reject
	case !msg.until.IsZero():
		w.prompt.Deadline = msg.until
	default:
		w.notice = msg.notice
	}
}

func (w *waiting) title() string { return "Sign in" }
func (w *waiting) back() step    { return newChoice(w.loginScreen) }

// press is a key or a paste. An address begins with h: c is no part of one
// while the input is empty.
func (w *waiting) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Keystroke() == "enter":
			return w.hand()
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

// hand hands the sign-in what was pasted.
func (w *waiting) hand() tea.Cmd {
	address := w.send()
	if address == "" {
		return nil
	}
	ctx := w.running
	return func() tea.Msg {
		select {
		case w.pasted <- address:
		case <-ctx.Done():
		}
		return nil
	}
}

func (w *waiting) draw(p *page) {
	if w.prompt.URL == "" {
		p.say(p.theme.accent, w.spinner()+" Preparing the sign-in…")
		p.foot("Esc cancel")
		return
	}
	p.brief(p.theme.plain, leadText(w.prompt), "Open:")
	p.blank()
	p.address(w.prompt.URL)
	p.blank()
	if w.prompt.UserCode != "" {
		p.brief(p.theme.plain, strings.TrimSuffix(codeText(w.prompt), w.prompt.UserCode), "Code "+w.prompt.UserCode)
		p.also(p.theme.strong, w.prompt.UserCode)
		p.blank()
	}
	left := w.left()
	p.brief(p.theme.accent, w.spinner()+" Waiting for you"+left, w.spinner()+strings.TrimPrefix(left, " ·"))
	w.drawNews(p)
	p.blank()
	p.hint("On another machine? Sign in there, paste here the address that the browser ends at, and press Enter.")
	p.input(&w.hidden)
	copies := "c copy the address"
	if w.copied {
		copies = "handed to the clipboard" // not every terminal takes it
	}
	p.foot(copies, "Esc cancel")
}

// leadText says what to do with the address that follows.
func leadText(p SignInPrompt) string {
	switch {
	case !p.Listening:
		return "Open this address and sign in, then paste here the address of the page that does not load:"
	case p.Opening:
		return "Sign in with the browser that opens. If none does, open:"
	}
	return "Open this address to sign in:"
}

// codeText says what to do with the code.
func codeText(p SignInPrompt) string {
	return fmt.Sprintf("Or open %s on any device and type the code %s", oneLine(p.VerifyURL), oneLine(p.UserCode))
}

// left is how much time is left.
func (w *waiting) left() string {
	if w.prompt.Deadline.IsZero() {
		return ""
	}
	left := max(0, w.prompt.Deadline.Sub(w.now()).Round(time.Second))
	return fmt.Sprintf(" · %d:%02d left", int(left.Minutes()), int(left.Seconds())%60)
}

// drawNews tells the latest of what happened.
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
