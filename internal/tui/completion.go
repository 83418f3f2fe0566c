package tui

import (
	"strings"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// completion is the list that Tab steps through: commands or models that begin with the typed text.
type completion struct {
	choices []suggestion
	at      int // the choice in the composer; -1 for none yet
}

// suggestion is a completed line, and what it does.
type suggestion struct{ text, help string }

// offer looks for completions of the typed text.
func (c *cockpit) offer() { c.completion = completion{c.choices(), -1} }

func (c *cockpit) choices() []suggestion {
	var all []suggestion
	typed := c.composer.text
	if id, ok := strings.CutPrefix(typed, "/models "); ok {
		for _, m := range c.talk.Catalog() {
			if strings.HasPrefix(m.ID, strings.TrimSpace(id)) {
				all = append(all, suggestion{"/models " + text.Line(m.ID), text.Line(m.Name)})
			}
		}
		return all
	}
	for _, cmd := range talk.Commands() {
		line := "/" + cmd.Name
		if cmd.Argument != "" {
			line += " "
		}
		if strings.HasPrefix(typed, "/") && strings.HasPrefix(line, typed) {
			all = append(all, suggestion{line, cmd.Help})
		}
	}
	return all
}

// complete takes the next completion, or the previous one.
func (c *cockpit) complete(back bool) {
	n := len(c.completion.choices)
	switch {
	case n == 0:
		return
	case back && c.completion.at <= 0:
		c.completion.at = n - 1
	case back:
		c.completion.at--
	default:
		c.completion.at = (c.completion.at + 1) % n
	}
	c.composer.setText(c.completion.choices[c.completion.at].text)
	if n == 1 {
		c.offer()
	}
}
