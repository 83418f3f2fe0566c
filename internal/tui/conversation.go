package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// answer is what a model says to a prompt, as it comes.
type answer struct {
	prompt string
	text   strings.Builder
	shown  *entry // nil until something came
}

// answerMsg is a piece of an answer, or its end.
type answerMsg struct {
	job   *job
	text  string
	ended bool
	err   error
	next  tea.Cmd // listens on
}

// ask sends a prompt with the conversation so far.
func (c *cockpit) ask(prompt string) tea.Cmd {
	j, ctx := c.begin("Waiting for the answer")
	j.answer = &answer{prompt: prompt}
	conversation := Conversation{c.session.ID, c.model, append(slices.Clone(c.turns), Turn{"user", prompt})}
	box := newMailbox[string]()
	send := func() tea.Msg {
		box.close(c.services.Prompt(ctx, conversation, box.put))
		return nil
	}
	return tea.Batch(send, listen(ctx, j, box), c.tick(patience, frameMsg{j}))
}

func listen(ctx context.Context, j *job, box *mailbox[string]) tea.Cmd {
	return func() tea.Msg {
		pieces, ended, err := box.take(ctx)
		return answerMsg{j, strings.Join(pieces, ""), ended, err, listen(ctx, j, box)}
	}
}

// hear shows a piece of the answer.
func (c *cockpit) hear(msg answerMsg) tea.Cmd {
	if c.job == nil || c.job != msg.job {
		return nil
	}
	a := msg.job.answer
	a.text.WriteString(msg.text)
	switch {
	case msg.text == "":
	case a.shown == nil:
		a.shown = c.transcript.say(answered, msg.text)
		msg.job.label = "Answering"
	default:
		c.transcript.more(a.shown, msg.text)
	}
	if !msg.ended {
		return msg.next
	}
	c.cut()
	switch {
	case msg.err != nil:
		c.explain(msg.err)
	case a.text.Len() == 0:
		c.transcript.say(noticed, "The answer is empty.")
	}
	if c.session.unknown { // it was looked up for the prompt, and may be known
		return func() tea.Msg { return retryMsg{} }
	}
	return nil
}

// keep makes a prompt and what was answered part of the conversation. A prompt
// that nothing was answered to is not sent again with the next one.
func (c *cockpit) keep(a *answer) {
	if a.text.Len() > 0 {
		c.turns = append(c.turns, Turn{"user", a.prompt}, Turn{"assistant", a.text.String()})
	}
}

// explain says a failure in words and, where signing in again helps, how.
func (c *cockpit) explain(err error) {
	p := c.services.Explain(err)
	if p.Gone {
		c.transcript.say(noticed, "Interrupted.")
		return
	}
	if p.SignIn && !strings.Contains(p.Hint, "/login") {
		p.Hint = strings.TrimSpace(p.Hint + " /login signs in again.")
	}
	c.transcript.problem(p)
}
