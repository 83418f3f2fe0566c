package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// choice is the menu to begin with.
type choice struct {
	*loginScreen
	menu
}

func newChoice(l *loginScreen) *choice {
	c := &choice{loginScreen: l}
	c.rows = []menuRow{
		{talk.Ways[0], "recommended", l.signIn},
		{talk.Ways[1], "", func() { l.step = newSecretEntry(l, auth.Mogplex, c) }},
		{talk.Ways[2], "", func() { l.step = newProviders(l, c) }},
	}
	return c
}

func (c *choice) title() string { return "Sign in" }
func (c *choice) back() step    { return nil }

func (c *choice) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok && key.Keystroke() == "q" {
		c.talk.Leave()
		return nil
	}
	return c.menu.press(msg)
}

func (c *choice) draw(p *page) {
	session := c.talk.Session()
	p.hint(c.talk.LoginText(c.news))
	p.blank()
	c.menu.draw(p, p.window.height-2)
	leave := "Esc back"
	if !session.SignedIn {
		leave = "Esc not now"
		for _, warning := range session.Warnings { // they may be why
			p.blank()
			p.paragraph(spare, p.theme.bad, warning, 0)
		}
	}
	p.foot("↑ ↓ Enter", leave, "q leave")
}

// providers is the menu of providers to store a key for.
type providers struct {
	*loginScreen
	menu
	before step
}

func newProviders(l *loginScreen, before step) *providers {
	p := &providers{loginScreen: l, before: before}
	for _, name := range talk.Providers() {
		p.rows = append(p.rows, menuRow{name, "", func() { l.step = newSecretEntry(l, name, p) }})
	}
	return p
}

func (p *providers) title() string             { return talk.Ways[2] }
func (p *providers) back() step                { return p.before }
func (p *providers) press(msg tea.Msg) tea.Cmd { return p.menu.press(msg) }

func (p *providers) draw(on *page) {
	on.hint("Prompts will go to this provider. Which one is it?")
	on.blank()
	p.menu.draw(on, on.window.height-2)
	on.foot("↑ ↓ Enter", "Esc back")
}

// failure is what went wrong. It stays until the person goes on.
type failure struct {
	*loginScreen
	problem talk.Problem
	again   func()
}

func (f *failure) title() string { return "That did not work" }
func (f *failure) back() step    { return newChoice(f.loginScreen) }

func (f *failure) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok && key.Keystroke() == "enter" {
		f.again()
	}
	return nil
}

func (f *failure) draw(p *page) {
	p.problem(f.problem)
	if f.talk.Session().SignedIn {
		p.blank()
		p.hint("Your previous credential is still active.")
	}
	p.foot("Enter try again", "Esc back")
}
