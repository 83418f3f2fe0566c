package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// secretEntry is where a token or key is typed or pasted.
type secretEntry struct {
	*loginScreen
	hidden
	provider string
	before   step
}

func newSecretEntry(l *loginScreen, provider string, before step) *secretEntry {
	return &secretEntry{loginScreen: l, provider: provider, before: before}
}

// what names the secret.
func (e *secretEntry) what() string {
	if e.provider == auth.Mogplex {
		return "personal access token"
	}
	return "API key of " + e.provider
}

func (e *secretEntry) title() string { return "Store a credential" }
func (e *secretEntry) back() step    { return e.before }

func (e *secretEntry) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok && key.Keystroke() == "enter" {
		return e.store()
	}
	e.hidden.press(msg)
	return nil
}

func (e *secretEntry) store() tea.Cmd {
	secret := auth.NewSecret(e.send())
	if secret.IsZero() {
		return nil
	}
	provider := e.provider
	return e.begin(provider, &working{e}, func(ctx context.Context) (Stored, error) {
		return e.services.StoreSecret(ctx, provider, secret)
	})
}

func (e *secretEntry) draw(p *page) {
	p.brief(p.theme.plain, fmt.Sprintf("Paste the %s and press Enter. It is not shown.", e.what()), "Paste it:")
	p.blank()
	p.input(&e.hidden)
	if e.wrong != "" {
		p.blank()
		p.say(p.theme.bad, e.wrong)
	}
	p.foot("Enter store", "Esc back")
}

// working is shown while a secret is checked and stored.
type working struct{ entry *secretEntry }

func (w *working) title() string         { return w.entry.title() }
func (w *working) back() step            { return w.entry }
func (w *working) press(tea.Msg) tea.Cmd { return nil }

func (w *working) draw(p *page) {
	p.say(p.theme.accent, w.entry.spinner()+" Checking and storing the "+w.entry.what()+"…")
	p.foot("Esc stop")
}
