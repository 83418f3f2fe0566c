package tui

import (
	"fmt"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// hidden is an input that shows how much was typed, and not what.
type hidden struct {
	text    []rune
	address bool   // of a browser: its lines belong together
	wrong   string // why the last paste was not taken
}

const (
	hiddenLimit = 64 << 10 // characters
	dotsLimit   = 16
)

// press takes a key or a paste, and reports whether it was one of its own.
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

// paste takes what is pasted. A terminal that wraps an address copies line
// breaks into it; in a key a blank or a line break is a mistake.
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
		h.wrong = "That is more than one word, and was not taken."
	case len(h.text)+len(text) > hiddenLimit:
		h.wrong = "That is too long, and was not taken."
	default:
		h.wrong = ""
		grown := append(make([]rune, 0, len(h.text)+len(text)), h.text...)
		h.cut(0)
		h.text = append(grown, []rune(text)...)
	}
}

// cut leaves the first n characters, and overwrites the others.
func (h *hidden) cut(n int) {
	clear(h.text[n:])
	h.text, h.wrong = h.text[:n], ""
}

// emptied empties the input, and reports whether something was in it.
func (h *hidden) emptied() bool {
	had := len(h.text) > 0
	h.cut(0)
	return had
}

// send takes the text out of the input. If the input is empty, the reason why the
// last paste was not taken stays.
func (h *hidden) send() string {
	text := string(h.text)
	if text != "" {
		h.cut(0)
	}
	return text
}

// shown is what is seen of it.
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
