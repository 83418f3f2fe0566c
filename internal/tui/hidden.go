package tui

import (
	"fmt"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// hidden is an input that shows only how much was typed.
type hidden struct {
	text    []rune
	address bool   // it takes an address: pasted lines are joined
	wrong   string // why the last paste was refused
}

const (
	hiddenLimit = 64 << 10 // characters
	dotsLimit   = 16
)

// press takes a key or a paste, and reports whether it used it.
func (h *hidden) press(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.PasteMsg:
		h.paste(msg.Content)
		return true
	case tea.KeyPressMsg:
		switch msg.Keystroke() {
		case "backspace", "ctrl+h":
			h.cut(max(0, len(h.text)-1))
		case "ctrl+u", "ctrl+w":
			h.cut(0)
		default:
			if msg.Text == "" {
				return false
			}
			h.take(msg.Text)
		}
		return true
	}
	return false
}

// paste takes a pasted text. Terminals copy line breaks into a wrapped address; in a key, white space is a mistake.
func (h *hidden) paste(text string) {
	text = strings.TrimSpace(text)
	if h.address {
		text = strings.Join(strings.Fields(text), "")
	}
	h.take(text)
}

func (h *hidden) take(text string) {
	odd := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }
	switch {
	case strings.ContainsFunc(text, odd):
		h.wrong = "That is more than one word, and was refused."
	case len(h.text)+len(text) > hiddenLimit:
		h.wrong = "That is too long, and was refused."
	default:
		h.wrong = ""
		grown := append(make([]rune, 0, len(h.text)+len(text)), h.text...)
		h.cut(0)
		h.text = append(grown, []rune(text)...)
	}
}

// cut keeps the first n characters and overwrites the rest.
func (h *hidden) cut(n int) {
	clear(h.text[n:])
	h.text, h.wrong = h.text[:n], ""
}

// emptied empties the input and reports whether it held anything.
func (h *hidden) emptied() bool {
	had := len(h.text) > 0
	h.cut(0)
	return had
}

// send takes the text out of the input. On an empty input, the reason why the last paste was refused stays.
func (h *hidden) send() string {
	text := string(h.text)
	if text != "" {
		h.cut(0)
	}
	return text
}

// shown draws the input.
func (h *hidden) shown() string {
	n := len(h.text)
	switch n {
	case 0:
		return ""
	case 1:
		return "• 1 character"
	}
	return fmt.Sprintf("%s %d characters", strings.Repeat("•", min(n, dotsLimit)), n)
}
