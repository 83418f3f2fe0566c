package tui

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// maxPrompt is how many bytes the composer takes.
const maxPrompt = 256 << 10

// composer is a small editor for prompts and commands. (The one of bubbles links a package that looks for clipboard
// programs at every start.)
type composer struct {
	text    string
	at      int  // the cursor, in bytes; at the start of a character
	width   int  // columns of the text
	full    bool // the latest insertion would have been too long
	history history
}

// setText replaces the text and puts the cursor at its end.
func (c *composer) setText(text string) { c.text, c.at = text, len(text) }

// insert adds text at the cursor. If the result would be too long, it adds nothing and sets c.full.
func (c *composer) insert(typed string) {
	typed = text.Clean(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(typed))
	if c.full = len(c.text)+len(typed) > maxPrompt; c.full {
		return
	}
	c.text = c.text[:c.at] + typed + c.text[c.at:]
	c.at += len(typed)
}

// edit applies a key or a paste to the text, and reports whether the composer uses it.
func (c *composer) edit(msg tea.Msg) bool {
	c.full = false
	switch msg := msg.(type) {
	case tea.PasteMsg:
		c.insert(msg.Content)
		return true
	case tea.KeyPressMsg:
		if stroke := msg.Keystroke(); c.move(stroke) || c.remove(stroke) || c.recall(stroke) {
			return true
		}
		switch {
		case msg.Text != "":
			c.insert(msg.Text)
		case msg.Keystroke() == "shift+enter", msg.Keystroke() == "ctrl+j", msg.Keystroke() == "alt+enter":
			c.insert("\n")
		default:
			return false
		}
		return true
	}
	return false
}

// move moves the cursor. The keys are those of readline.
func (c *composer) move(stroke string) bool {
	switch stroke {
	case "left", "ctrl+b":
		c.at = c.before()
	case "right", "ctrl+f":
		c.at = c.behind()
	case "ctrl+left", "alt+left", "alt+b":
		c.at = c.wordBefore()
	case "ctrl+right", "alt+right", "alt+f":
		c.at = c.wordBehind()
	case "home", "ctrl+a":
		c.at = c.lineStart()
	case "end", "ctrl+e":
		c.at = c.lineEnd()
	default:
		return false
	}
	return true
}

// remove deletes from the cursor to where a key would move it.
func (c *composer) remove(stroke string) bool {
	from, to := c.at, c.at
	switch stroke {
	case "backspace", "ctrl+h", "shift+backspace":
		from = c.before()
	case "delete", "ctrl+d":
		to = c.behind()
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		from = c.wordBefore()
	case "alt+d", "alt+delete", "ctrl+delete":
		to = c.wordBehind()
	case "ctrl+u":
		from = c.lineStart()
	case "ctrl+k":
		to = c.lineEnd()
	default:
		return false
	}
	c.text, c.at = c.text[:from]+c.text[to:], from
	return true
}

// recall moves the cursor a line up or down and, from the first or last line, steps through the history.
func (c *composer) recall(stroke string) bool {
	step := 0
	switch stroke {
	case "up", "ctrl+p":
		step = -1
	case "down", "ctrl+n":
		step = +1
	default:
		return false
	}
	all := text.Rows(c.text, c.width)
	current, column := c.place(all)
	if to := current + step; to >= 0 && to < len(all) {
		c.at = offsetAt(c.text, all[to], column)
	} else if line, ok := c.history.move(step, c.text); ok {
		c.setText(line)
	}
	return true
}

// place returns the row and the column of the cursor.
func (c *composer) place(all []text.Row) (current, column int) {
	for current = len(all) - 1; all[current].Start > c.at; {
		current--
	}
	return current, text.Columns(c.text[all[current].Start:c.at])
}

// offsetAt returns the place in the text of a column of a row. The end of a wrapped row belongs to the next row.
func offsetAt(s string, r text.Row, column int) int {
	at := r.Start
	for at < r.End {
		size, columns := text.Cluster(s[at:])
		wrapped := at+size == r.End && r.End < len(s) && s[r.End] != '\n'
		if column -= columns; column < 0 || wrapped {
			break
		}
		at += size
	}
	return at
}

// before returns the start of the character before the cursor.
func (c *composer) before() int {
	at := c.lineStart()
	if at == c.at {
		return max(at-1, 0)
	}
	for {
		size, _ := text.Cluster(c.text[at:c.at])
		if at+size >= c.at {
			return at
		}
		at += size
	}
}

// behind returns the end of the character at the cursor.
func (c *composer) behind() int {
	if c.at == len(c.text) {
		return c.at
	}
	size, _ := text.Cluster(c.text[c.at:])
	return c.at + size
}

func (c *composer) lineStart() int { return strings.LastIndexByte(c.text[:c.at], '\n') + 1 }

func (c *composer) lineEnd() int {
	if length := strings.IndexByte(c.text[c.at:], '\n'); length >= 0 {
		return c.at + length
	}
	return len(c.text)
}

func (c *composer) wordBefore() int {
	word := strings.TrimRightFunc(c.text[:c.at], unicode.IsSpace)
	return len(strings.TrimRightFunc(word, notSpace))
}

func (c *composer) wordBehind() int {
	word := strings.TrimLeftFunc(c.text[c.at:], unicode.IsSpace)
	return len(c.text) - len(strings.TrimLeftFunc(word, notSpace))
}

func notSpace(r rune) bool { return !unicode.IsSpace(r) }

// view returns at most height lines around the cursor, and the cursor's place in them.
func (c *composer) view(height int) (lines []string, x, y int) {
	all := text.Rows(c.text, c.width)
	current, column := c.place(all)
	first := max(0, min(current-height/2, len(all)-height))
	for _, r := range all[first:min(first+height, len(all))] {
		lines = append(lines, r.Drawn(c.text))
	}
	return lines, min(column, c.width), current - first
}
