package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
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

func (e *secretEntry) title() string { return "Store a credential" }
func (e *secretEntry) back() step    { return e.before }

func (e *secretEntry) press(msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); !ok || key.Keystroke() != "enter" {
		e.hidden.press(msg)
	} else if secret := auth.NewSecret(e.send()); !secret.IsZero() {
		e.talk.StoreSecret(e.provider, secret)
		e.step = &working{e}
	}
	return nil
}

func (e *secretEntry) draw(p *page) {
	p.brief(p.theme.plain, fmt.Sprintf("Paste the %s and press Enter. It is not shown.", talk.SecretText(e.provider)), "Paste it:")
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
	if a := w.entry.talk.Attempt(); a != nil {
		p.say(p.theme.accent, w.entry.spinner()+" "+a.Label+"…")
	}
	p.foot("Esc stop")
}
