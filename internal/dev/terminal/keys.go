//go:build !windows

package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// sequences has the bytes that named keys send.
var sequences = map[string]string{
	"enter": "\r", "tab": "\t", "esc": "\x1b", "backspace": "\x7f", "space": " ", "shift+tab": "\x1b[Z", "shift+enter": "\r",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "end": "\x1b[F", "home": "\x1b[H",
	"delete": "\x1b[3~", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
}

// kittySequences has those that differ with the kitty keyboard protocol: CSI code ; modifiers u.
var kittySequences = map[string]string{"esc": "\x1b[27u", "shift+tab": "\x1b[9;2u", "shift+enter": "\x1b[13;2u"}

// Type types a text unchanged.
func (t *Terminal) Type(text string) error {
	_, err := t.keyboard.WriteString(text)
	return err
}

// Paste pastes a text, in brackets if the command asked for bracketed paste. Like real terminals it turns newlines into
// Enter.
func (t *Terminal) Paste(text string) error {
	text = strings.ReplaceAll(text, "\n", "\r")
	t.mu.Lock()
	bracketed := t.bracketed
	t.mu.Unlock()
	if bracketed {
		text = ansi.BracketedPasteStart + text + ansi.BracketedPasteEnd
	}
	return t.Type(text)
}

// Press presses a key: a character, one of the names in sequences, or "ctrl+" or "alt+" and a character. As on a real
// terminal, Shift+Enter is Enter unless the command turned the kitty keyboard protocol on.
func (t *Terminal) Press(key string) error {
	t.mu.Lock()
	kitty := t.kittyFlags()&1 != 0
	t.mu.Unlock()
	sequence, err := encode(key, kitty)
	if err != nil {
		return err
	}
	return t.Type(sequence)
}

// encode returns the bytes that a terminal sends for a key.
func encode(key string, kitty bool) (string, error) {
	if sequence, ok := kittySequences[key]; ok && kitty {
		return sequence, nil
	}
	if sequence, ok := sequences[key]; ok {
		return sequence, nil
	}
	for prefix, modifier := range map[string]rune{"ctrl+": 5, "alt+": 3, "": 0} {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok || utf8.RuneCountInString(name) != 1 {
			continue
		}
		char, _ := utf8.DecodeRuneInString(name)
		switch {
		case prefix == "":
			return name, nil
		case kitty:
			return fmt.Sprintf("\x1b[%d;%du", char, modifier), nil
		case prefix == "ctrl+":
			return string(char & 0x1f), nil
		}
		return "\x1b" + name, nil
	}
	return "", fmt.Errorf("there is no key %q", key)
}
