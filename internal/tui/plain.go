package tui

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// plain is the app line by line: nothing moves, and each thing is said once.
type plain struct {
	Services
	ctx        context.Context
	out        io.Writer
	open       bool // the last line written has no end yet
	input      *lines
	readSecret ReadSecret
	quiet      func() (restore func(), ok bool)
	interrupts <-chan struct{}
	changes    <-chan struct{}
	now        func() time.Time
	pressed    time.Time // of the last interrupt
	session    Session
	model      string
	turns      []Turn
	attach     string   // the run that is still to be shown
	coming     *Session // what ended the last task
	known      bool     // somebody was signed in at some time
	choosing   bool     // a menu is what helps; commands are not taken
	warned     map[string]bool
	parting    parting
	ends       error // what the app ends with when the person leaves
}

var (
	errLeave       = errors.New("the person left") // or the input ended
	errInterrupted = errors.New("interrupted")
)

// RunPlain is [Run] line by line, for screen readers and terminals that can't
// be drawn on. The context does not end with Ctrl+C: Options.Interrupts tells of
// it. The end of the input leaves; where that is no terminal and nobody was ever
// signed in, with [auth.ErrNotSignedIn].
func RunPlain(ctx context.Context, s Services, opt Options) error {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	p := &plain{
		Services: s, ctx: ctx, out: opt.Output, input: &lines{from: bufio.NewReader(opt.Input)},
		readSecret: opt.ReadSecret, quiet: opt.Quiet, interrupts: opt.Interrupts, changes: s.Changed(), now: opt.Now,
		attach: opt.Attach, warned: map[string]bool{},
	}
	if p.quiet == nil {
		p.quiet = func() (func(), bool) { return func() {}, false }
	}
	err := p.run(opt)
	p.fresh()
	unheard := p.parting.unheard()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, ErrCrashed):
		return ErrCrashed
	case leaves(err) && unheard != nil:
		return unheard
	case leaves(err) && p.ends == nil && !p.known && opt.ReadSecret == nil:
		return auth.ErrNotSignedIn
	case leaves(err):
		return p.ends
	}
	return err
}

// run is the whole conversation with the person. It ends with an error.
func (p *plain) run(opt Options) error {
	if err := p.start(); err != nil {
		return err
	}
	if p.attach != "" {
		p.ends = auth.ErrNotSignedIn // until there is someone to show the run to
	}
	if opt.Login || !p.session.SignedIn {
		if err := p.login(); leaves(err) {
			return err
		}
	}
	if err := p.follow(); err != nil {
		return err
	}
	p.say("Type a prompt, or /help.")
	for {
		line, err := p.ask("> ")
		if err == nil {
			err = p.perform(line)
		}
		if !leaves(err) {
			err = p.follow()
		}
		if err != nil {
			return err
		}
	}
}

// leaves tells an error that ends the app from one that ended a command.
func leaves(err error) bool { return errors.Is(err, errLeave) }

// start looks the credential up until that succeeds, or the person signs in
// anew.
func (p *plain) start() error {
	p.choosing = true
	defer func() { p.choosing = false }()
	for {
		now, err := p.look()
		if err == nil {
			p.ends = nil
			p.adopt(now)
			if now.SignedIn {
				p.say("%s", sessionText(now))
			}
			return nil
		}
		if leaves(err) {
			return err
		}
		p.explain(err)
		p.ends = err
		switch n, chosen := p.choose("Try again", "Sign in", "Leave"); {
		case leaves(chosen):
			return chosen
		case n == 1:
			p.ends = nil
			p.session = Session{unknown: true}
			return nil
		case n == 2:
			return errLeave
		}
	}
}
