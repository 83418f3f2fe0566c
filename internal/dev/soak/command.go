package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// command is one command line of mogplex, and what came of it.
type command struct {
	name  string // as the report counts it
	key   key
	view  view
	args  []string
	stdin string  // what is piped in; a sign-in has a person instead
	blow  *blow   // nil if nothing disturbs it
	brand *family // of a personal token or a provider's key that it stores

	patience time.Duration // for the keychain
	bound    time.Duration
	began    time.Time
	took     time.Duration
	code     int // -1: ended by a signal
	stdout   string
	stderr   string
	killed   bool        // by SIGKILL, or by SIGINT before it handled that
	broken   atomic.Bool // by SIGINT, which the person also sends if the service does not let them sign in
	overrun  bool
	dead     bool  // it printed a token that was not good at any time while it ran
	err      error // it could not be run
}

// blow is a signal that a command gets while it runs.
type blow struct {
	after  time.Duration // since it began
	signal os.Signal
}

func (c *command) String() string {
	return fmt.Sprintf("mogplex %s (%s; %s)", strings.Join(c.args, " "), c.key, c.view)
}

// moves reports whether the command is a migration, which is about everything of a profile.
func (c *command) moves() bool { return c.name == migrate || c.name == migrateBack || c.name == dryRun }

// about reports whether a command is about a key, or one that shares its auth.json.
func (w *world) about(c *command, k key) bool {
	of := c.key
	if c.moves() {
		of.service = k.service
	}
	return w.shared(of) == w.shared(k)
}

// outcome is the command in a line of the log.
func (c *command) outcome() string {
	end := fmt.Sprintf("exit %d", c.code)
	if c.killed {
		end = "killed"
	} else if c.broken.Load() {
		end += ", interrupted"
	}
	return fmt.Sprintf("%s: %s, %s of %s", c, end, c.took.Round(time.Millisecond), c.bound)
}

// exec runs the command to its end. One that runs past its bound prints its goroutines and is ended.
func (w *world) exec(ctx context.Context, c *command) {
	ctx, cancel := context.WithTimeout(ctx, c.bound)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.binary, c.args...)
	cmd.Env = w.env(c.key, c.view, c.patience)
	ownGroup(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 2 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
	leave := func() {}
	if c.name == login && c.key.service != provider {
		if leave, c.err = w.seat(ctx, c, cmd, &stderr); c.err != nil {
			return
		}
	}
	c.began = time.Now()
	if c.err = cmd.Start(); c.err == nil {
		stop := c.strike(cmd.Process)
		err := cmd.Wait()
		stop()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
			c.err = err
		}
		c.code = cmd.ProcessState.ExitCode()
		c.killed, c.overrun = c.code == -1, ctx.Err() != nil
	}
	c.took, c.stdout, c.stderr = time.Since(c.began), stdout.String(), stderr.String()
	c.dead = c.err == nil && c.printed() != "" && w.isDead(c)
	leave()
}

// printed is the token on stdout, "" if there is none.
func (c *command) printed() string {
	if c.name != token || c.code != done {
		return ""
	}
	return strings.TrimSuffix(c.stdout, "\n")
}

// isDead reports that the service accepted what a command printed at no time while it ran.
func (w *world) isDead(c *command) bool {
	if c.key.service == provider {
		return false
	}
	t := w.ledger.lookUp(c.printed())
	return t != nil && !w.services[c.key.service].Valid(c.printed()) && !t.lived(c.began)
}

// strike sends the command's signal when its time comes.
func (c *command) strike(p *os.Process) (stop func()) {
	if c.blow == nil {
		return func() {}
	}
	done := make(chan struct{})
	timer := time.AfterFunc(c.blow.after, func() {
		defer close(done)
		if p.Signal(c.blow.signal) == nil && c.blow.signal == os.Interrupt {
			c.broken.Store(true)
		}
	})
	return func() {
		if !timer.Stop() {
			<-done
		}
	}
}

// plain runs a command after a step that nothing disturbs, and judges it.
func (w *world) plain(ctx context.Context, s *step, name string, k key, v view, extra ...string) *command {
	c := &command{name: name, key: k, view: v, patience: keychainPatience, bound: slack + w.claimed()}
	c.args = append(w.argsOf(c), extra...)
	w.exec(ctx, c)
	w.count(c)
	w.note("  then %s", c.outcome())
	if c.code != failure || !w.blank(s, c) {
		w.judge(&step{}, c)
	}
	return c
}

// argsOf are a command's words.
func (w *world) argsOf(c *command) []string {
	args := strings.Fields(c.name)
	switch {
	case c.name == login && c.key.service == provider:
		args = append(args, "--with-api-key")
	case c.name == login:
		args = append(args, "--no-browser", "--timeout", signInLimit.String())
	}
	if c.key.service == provider && !c.moves() {
		args = append(args, "--provider", providerName)
	} else if c.name == token || c.name == status {
		args = append(args, "--provider", "mogplex")
	}
	return args
}
