//go:build !windows

package terminal

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Keys that are a control character, and keys that are a sequence: a letter's
// (CSI A) or a number's (CSI 5 ~).
var (
	controls = map[string]rune{"enter": '\r', "tab": '\t', "esc": 0x1b, "backspace": 0x7f, "space": ' '}
	letters  = map[string]string{"up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H"}
	numbers  = map[string]int{"insert": 2, "delete": 3, "pgup": 5, "pgdown": 6}
)

// modifiers are bits of what a sequence says of the keys that were held.
var modifiers = map[string]int{"shift": 1, "alt": 2, "ctrl": 4}

// Type types a text as it is.
func (t *Terminal) Type(text string) error {
	_, err := t.keyboard.WriteString(text)
	return err
}

// Paste pastes a text: in brackets where the command asked for them. Like real
// terminals it makes line ends Enter.
func (t *Terminal) Paste(text string) error {
	text = strings.ReplaceAll(text, "\n", "\r")
	if t.mode(ansi.ModeBracketedPaste) {
		text = ansi.BracketedPasteStart + text + ansi.BracketedPasteEnd
	}
	return t.Type(text)
}

// Press presses a key: a character, or one of enter, tab, esc, backspace, space,
// up, down, left, right, home, end, pgup, pgdown, insert and delete; after any of
// "ctrl+", "alt+" and "shift+". What is sent depends on what the command asked
// for, as at a real terminal: Shift+Enter is Enter unless the command turned the
// kitty keyboard protocol on.
func (t *Terminal) Press(key string) error {
	t.mu.Lock()
	exact, application := t.flags()&1 != 0, t.modes[ansi.ModeCursorKeys]
	t.mu.Unlock()
	sequence, err := encode(key, exact, application)
	if err != nil {
		return err
	}
	return t.Type(sequence)
}

// encode returns what a terminal sends for a key. Exact is the kitty protocol's
// first flag, application the mode of the cursor keys.
func encode(key string, exact, application bool) (string, error) {
	name, held := key, 0
	for {
		modifier, rest, found := strings.Cut(name, "+")
		bit, known := modifiers[modifier]
		if !found || !known {
			break
		}
		name, held = rest, held|bit
	}
	if letter, ok := letters[name]; ok {
		switch {
		case held != 0:
			return fmt.Sprintf("\x1b[1;%d%s", held+1, letter), nil
		case application:
			return "\x1bO" + letter, nil
		}
		return "\x1b[" + letter, nil
	}
	if number, ok := numbers[name]; ok {
		if held != 0 {
			return fmt.Sprintf("\x1b[%d;%d~", number, held+1), nil
		}
		return fmt.Sprintf("\x1b[%d~", number), nil
	}
	char, ok := controls[name]
	if !ok {
		if utf8.RuneCountInString(name) != 1 {
			return "", fmt.Errorf("there is no key %q", key)
		}
		char, _ = utf8.DecodeRuneInString(name)
	}
	if exact && (char == 0x1b || held > modifiers["shift"] || held != 0 && ok && char != ' ') {
		return sequence(char, held), nil
	}
	return plain(char, held), nil
}

// sequence is a key of the kitty protocol: CSI code ; modifiers u.
func sequence(char rune, held int) string {
	if held == 0 {
		return "\x1b[" + strconv.Itoa(int(char)) + "u"
	}
	return fmt.Sprintf("\x1b[%d;%du", char, held+1)
}

// plain is a key as terminals have always sent it, where much looks the same.
func plain(char rune, held int) string {
	text := string(char)
	switch {
	case char == '\t' && held&modifiers["shift"] != 0:
		text = "\x1b[Z"
	case held&modifiers["ctrl"] != 0 && char >= ' ' && char < 0x7f:
		text = string(char & 0x1f)
	case held&modifiers["shift"] != 0:
		text = strings.ToUpper(text)
	}
	if held&modifiers["alt"] != 0 {
		text = "\x1b" + text
	}
	return text
}
