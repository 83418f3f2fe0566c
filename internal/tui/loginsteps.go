package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// choice is the menu to begin with.
type choice struct {
	*loginScreen
	menu
}

func newChoice(l *loginScreen) *choice {
	c := &choice{loginScreen: l}
	c.rows = []menuRow{
		{"Sign in with Mogplex", "recommended", l.signIn},
		{"Paste a personal access token", "", func() tea.Cmd { l.step = newSecretEntry(l, auth.Mogplex, c); return nil }},
		{"Store a provider's API key", "", func() tea.Cmd { l.step = newProviders(l, c); return nil }},
	}
	return c
}

func (c *choice) title() string { return "Sign in" }
func (c *choice) back() step    { return nil }

func (c *choice) press(msg tea.Msg) tea.Cmd {
	key, ok := msg.(tea.KeyPressMsg)
	switch {
	case !ok:
		return nil
	case key.Keystroke() == "q":
		return tea.Quit
	}
	return c.menu.press(key)
}

func (c *choice) draw(p *page) {
	leave := "Esc not now"
	switch {
	case c.session.SignedIn:
		leave = "Esc back"
		p.hint("In force now: " + inForce(c.session) + ".")
	case c.session.unknown:
		p.hint("What is stored could not be looked at.")
	case c.session.Ended:
		p.hint(endedText)
	default:
		p.hint(strings.TrimSpace(c.news + " You are not signed in."))
	}
	p.blank()
	c.menu.draw(p, p.window.height-2)
	if !c.session.SignedIn {
		for _, warning := range c.session.Warnings { // they may be why
			p.blank()
			p.paragraph(spare, p.theme.bad, warning, 0)
		}
	}
	p.foot("↑ ↓ Enter", leave, "q leave")
}

// providers is the menu of whose key to store.
type providers struct {
	*loginScreen
	menu
	before step
}

func newProviders(l *loginScreen, before step) *providers {
	p := &providers{loginScreen: l, before: before}
	for _, provider := range auth.Providers() {
		if provider.Name != auth.Mogplex {
			pick := func() tea.Cmd { l.step = newSecretEntry(l, provider.Name, p); return nil }
			p.rows = append(p.rows, menuRow{provider.Name, "", pick})
		}
	}
	return p
}

func (p *providers) title() string { return "Store a provider's API key" }
func (p *providers) back() step    { return p.before }

func (p *providers) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		return p.menu.press(key)
	}
	return nil
}

func (p *providers) draw(on *page) {
	on.hint("Prompts then go to the provider itself. Whose key is it?")
	on.blank()
	p.menu.draw(on, on.window.height-2)
	on.foot("↑ ↓ Enter", "Esc back")
}

// failure is what went wrong. It stays until the person goes on.
type failure struct {
	*loginScreen
	problem Problem
	again   func() tea.Cmd
}

func (f *failure) title() string { return "That did not work" }
func (f *failure) back() step    { return newChoice(f.loginScreen) }

func (f *failure) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok && key.Keystroke() == "enter" {
		return f.again()
	}
	return nil
}

func (f *failure) draw(p *page) {
	p.problem(f.problem)
	if f.session.SignedIn {
		p.blank()
		p.hint("What was in force before still is.")
	}
	p.foot("Enter try again", "Esc back")
}
