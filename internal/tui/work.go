package tui

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
)

// patience is how long it is not said that something takes its time.
const patience = time.Second

// job is what the cockpit has running. There is one at a time.
type job struct {
	label  string // "Asking for the models"
	began  time.Time
	cancel context.CancelFunc
	answer *answer // what is being answered; nil with a command
	heard  bool    // to its end, even when it is interrupted
}

// doneMsg is a job's end. Tell says on the screen what came of it.
type doneMsg struct {
	job  *job
	tell func()
}

// frameMsg shows how long a job has been running.
type frameMsg struct{ job *job }

// begin makes a job the running one.
func (c *cockpit) begin(label string) (*job, context.Context) {
	ctx, cancel := context.WithCancel(c.ctx)
	c.job = &job{label: label, began: c.now(), cancel: cancel}
	return c.job, ctx
}

// do has work done off the screen's goroutine, and what it returns on it.
func (c *cockpit) do(label string, work func(ctx context.Context) (tell func())) tea.Cmd {
	j, ctx := c.begin(label)
	return tea.Batch(func() tea.Msg { return doneMsg{j, work(ctx)} }, c.tick(patience, frameMsg{j}))
}

// done ends a job. One that was cut is not heard any more.
func (c *cockpit) done(msg doneMsg) {
	if c.job == msg.job {
		c.end()
		msg.tell()
	}
}

// end forgets the running job and lets go of its context.
func (c *cockpit) end() {
	c.job.cancel()
	c.job = nil
}

// interrupt implements screen.
func (c *cockpit) interrupt() bool {
	switch {
	case c.picker != nil:
		c.picker = nil
	case c.job == nil:
		return false
	case c.job.heard:
		c.job.cancel()
	default:
		c.cut()
		c.transcript.say(noticed, "Interrupted.")
	}
	return true
}

// close implements screen.
func (c *cockpit) close() { c.cut() }

// cut ends what is running without a word. What was answered so far stays.
func (c *cockpit) cut() {
	if c.job == nil {
		return
	}
	if c.job.answer != nil {
		c.keep(c.job.answer)
	}
	c.end()
}

// progress says what is running, once it takes long.
func (c *cockpit) progress() string {
	if c.job == nil {
		return ""
	}
	took := c.now().Sub(c.job.began)
	if took < patience {
		return ""
	}
	return fmt.Sprintf("%s %s… %d s", c.spinner(), c.job.label, int(took.Seconds()))
}
