// Package plain has the conversation with the app line by line, for screen readers and for terminals that can't be drawn
// on. Nothing moves, and each sentence is written once.
//
// [Run] is the whole API. Package talk decides what happens, what to say and how the app ends; plain reads and writes.
package plain

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Options are the surroundings of the app.
type Options struct {
	talk.Options
	Input  io.Reader
	Output io.Writer

	Interrupts <-chan struct{} // receives with each Ctrl+C; nil: the context's end is all
	// ReadSecret asks for a secret on a terminal without echo; nil: Input is no terminal, and it is read as a line.
	ReadSecret func(ctx context.Context, prompt string) (auth.Secret, error)
	// Quiet turns the echo of lines off until restore; ok is false if that can't be. nil: it can't.
	Quiet func() (restore func(), ok bool)
}

// plain writes what a conversation says, and reads lines. It implements [talk.Front] in front.go.
type plain struct {
	talk     *talk.Talk
	opt      Options
	ctx      context.Context
	input    lines
	open     bool      // the last line written has no end yet
	asked    bool      // and is what a line is read for
	greeted  bool      // the first prompt was explained
	question *question // what the next line answers; nil: it is a prompt or a command
	restore  func()    // ends the quiet of a sign-in
	unseen   bool      // what is typed is not shown

	waits *talk.Job        // what runs
	slow  <-chan time.Time // when to say that it takes long
}

// Run holds a conversation until the person leaves, the input ends, or ctx does. A Ctrl+C does not end ctx: it comes
// from Options.Interrupts. What it returns is that of [talk.Talk.End].
func Run(ctx context.Context, s talk.Services, opt Options) error {
	if opt.Quiet == nil {
		opt.Quiet = func() (func(), bool) { return func() {}, false }
	}
	opt.Piped = opt.ReadSecret == nil
	p := &plain{opt: opt, ctx: ctx, input: lines{from: bufio.NewReader(opt.Input)}, restore: func() {}}
	p.talk = talk.New(ctx, s, p, opt.Options)
	p.converse()
	p.restore()
	p.talk.Close(func() { p.line("Finishing what is still running…") })
	p.endLine()
	return p.talk.End(ctx)
}

// converse reads and writes until the conversation is over. A panic ends it.
func (p *plain) converse() {
	defer func() {
		if r := recover(); r != nil {
			p.talk.Crash(r)
		}
	}()
	p.talk.Start()
	for !p.talk.Over() && p.ctx.Err() == nil {
		p.timeWork()
		if p.question != nil && p.question.secret && p.opt.ReadSecret != nil {
			p.readSecret()
			continue
		}
		select {
		case <-p.talk.Ready():
			p.talk.Handle()
		case line := <-p.lines():
			p.input.taken()
			p.take(line)
		case <-p.opt.Interrupts:
			p.interrupt()
		case <-p.slow:
			p.line(p.waits.Label + "…")
		case <-p.ctx.Done():
		}
	}
}

// running is what runs, so that no line is read, or nil.
func (p *plain) running() *talk.Job {
	switch a, run := p.talk.Attempt(), p.talk.Run(); {
	case a != nil:
		return a.Job
	case run != nil:
		return run.Doing()
	}
	return p.talk.Doing()
}

// timeWork starts the clock of what has just begun. Whatever is written stops it.
func (p *plain) timeWork() {
	if job := p.running(); job != p.waits {
		p.waits, p.slow = job, nil
		if job != nil {
			p.slow = time.After(talk.Patience)
		}
	}
}

// interrupt is Ctrl+C.
func (p *plain) interrupt() {
	if p.talk.CtrlC() {
		return
	}
	switch {
	case p.talk.StopLogin():
		p.loud()
		p.Login("")
	case p.talk.Run() != nil:
		p.line(p.talk.LeaveRun())
	default:
		p.talk.Interrupt()
	}
	p.line(talk.AgainText)
}
