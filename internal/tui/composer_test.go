package tui

import (
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// typing returns the key presses of a script: letters, and names of keys in <>.
func typing(script string) []tea.Msg {
	var all []tea.Msg
	for len(script) > 0 {
		if name, rest, ok := strings.Cut(script, ">"); ok && script[0] == '<' {
			all, script = append(all, keyPress(name[1:])), rest
			continue
		}
		size, _ := text.Cluster(script)
		all, script = append(all, keyPress(script[:size])), script[size:]
	}
	return all
}

func TestComposer(t *testing.T) {
	for script, want := range map[string]string{
		"hello":                                 "hello|",
		"one<ctrl+j>two<shift+enter>three":      "one\ntwo\nthree|",
		"hello<left><left><backspace>":          "he|lo",
		"日本語<left><backspace>":                  "日|語",
		"e\u0301x<left><left>":                  "|e\u0301x",
		"two words<ctrl+w>":                     "two |",
		"two words<alt+b><alt+b><alt+d>":        "| words",
		"two words<ctrl+a><ctrl+k>":             "|",
		"one<ctrl+j>two<ctrl+u>":                "one\n|",
		"one<ctrl+j>two<up>x":                   "onex|\ntwo",
		"one two three<up>":                     "one t|wo three",
		"one<ctrl+j>two<home><backspace>":       "one|two",
		"ab<home><delete>":                      "|b",
		"<left><backspace><delete><right><up>a": "a|",
	} {
		c := composer{width: 10}
		for _, msg := range typing(script) {
			c.edit(msg)
		}
		if got := c.text[:c.at] + "|" + c.text[c.at:]; got != want {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
}

func TestComposerHistory(t *testing.T) {
	c := composer{width: 10}
	c.history.add("first")
	c.history.add("second\nline")
	c.history.add("first")
	for _, step := range []struct{ keys, want string }{
		{"draft<up>", "first"},
		{"<up>", "second\nline"},
		{"<up><up>", "second\nline"}, // its first line, and there is nothing before
		{"<down><down>", "first"},
		{"<down>", "draft"},
		{"<down>", "draft"},
	} {
		for _, msg := range typing(step.keys) {
			c.edit(msg)
		}
		if c.text != step.want {
			t.Errorf("after %s: %q, want %q", step.keys, c.text, step.want)
		}
	}
}

func TestComposerPaste(t *testing.T) {
	c := composer{width: 10}
	c.edit(tea.PasteMsg{Content: "one\r\ntwo\rthree\x1b[2J\tfour"})
	if want := "one\ntwo\nthree[2J\tfour"; c.text != want {
		t.Errorf("pasted: %q, want %q", c.text, want)
	}
	before := c.text
	c.edit(tea.PasteMsg{Content: strings.Repeat("x", maxPrompt)})
	if c.text != before || !c.full {
		t.Errorf("what is too long was pasted: %d bytes, full: %v", len(c.text), c.full)
	}
}

// After random keys, the cursor is on a character and inside the window.
func TestComposerOfRandomKeys(t *testing.T) {
	keys := typing("<left><right><up><down><home><end><backspace><delete><ctrl+w><ctrl+u><ctrl+k><alt+b><alt+f><ctrl+j>a b日")
	random := seeded(t)
	for range 200 {
		c := composer{width: 2 + random.IntN(20)}
		for range 100 {
			if random.IntN(10) == 0 {
				c.edit(tea.PasteMsg{Content: randomText(random)})
			}
			c.edit(keys[random.IntN(len(keys))])
			lines, x, y := c.view(4)
			if !utf8.ValidString(c.text[:c.at]) || x > c.width || y >= len(lines) || len(lines) > 4 {
				t.Fatalf("%q: cursor at %d is drawn at %d, %d of %q", c.text, c.at, x, y, lines)
			}
			for _, line := range lines {
				if ansi.StringWidth(line) > c.width {
					t.Fatalf("%q is wider than %d", line, c.width)
				}
			}
		}
	}
}
