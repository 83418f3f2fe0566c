package tui

import (
	tea "charm.land/bubbletea/v2"
)

// cockpit is the screen of prompts and answers.
type cockpit struct {
	*shared
	transcript transcript
	composer   composer
	completion completion
	picker     *picker // shown in place of the transcript, unless it is nil
}

func newCockpit(s *shared) *cockpit {
	c := &cockpit{shared: s}
	c.composer.width, c.transcript.width = 80, 80
	return c
}

// press implements screen.
func (c *cockpit) press(msg tea.Msg) (screen, tea.Cmd) {
	key, _ := msg.(tea.KeyPressMsg)
	stroke := key.Keystroke()
	switch {
	case c.picker != nil:
		c.pick(msg)
	case stroke == "tab", stroke == "shift+tab":
		c.complete(stroke == "shift+tab")
	case stroke == "enter":
		c.submit()
	case stroke == "esc":
		c.interrupt()
	case stroke == "ctrl+d" && c.composer.text == "":
		c.talk.Leave()
	case !c.transcript.press(stroke) && c.composer.edit(msg):
		c.offer()
	}
	return c, nil
}

// pick takes a key or a paste for the list of models.
func (c *cockpit) pick(msg tea.Msg) {
	picked, done := c.picker.press(msg, c.transcript.height)
	if done {
		c.picker = nil
	}
	if picked != "" {
		c.talk.Use(picked)
	}
}

// submit hands over what is in the composer. What has to wait stays there.
func (c *cockpit) submit() {
	text := c.composer.text
	c.composer.setText("")
	if !c.talk.Enter(text) {
		c.composer.setText(text)
		return
	}
	c.composer.history.add(text)
	c.offer()
}

// interrupt implements screen.
func (c *cockpit) interrupt() {
	if c.picker != nil {
		c.picker = nil
		return
	}
	c.talk.Interrupt()
}
