package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// command is one command line of mogplex, and what came of it.
type command struct {
	name   string // as the table at the end counts it
	args   []string
	env    []string // added to the round's
	stdin  string   // what is piped in, or typed into the app; a sign-in has a person instead
	blow   *blow    // nil where it is let alone
	brings *session // of a personal access token that it stores
	bound  time.Duration

	pid         int
	took        time.Duration
	code        int // -1: ended by a signal
	stdout      string
	stderr      string
	killed      bool        // by SIGKILL, by SIGINT before it minded that, or by a second SIGINT
	interrupted atomic.Bool // by SIGINT, which the person also sends who can't get through the sign-in
	overrun     bool
	err         error // it could not be run
}

// blow is a signal that a command gets while it runs.
type blow struct {
	after  time.Duration // since it began
	signal os.Signal
}

func (c *command) String() string { return strings.TrimSpace("mogplex " + strings.Join(c.args, " ")) }

// asks reports that the command asks the service's API.
func (c *command) asks() bool { return c.name == models || c.name == servers || c.name == attach }

// outcome is the command in a line of the log.
func (c *command) outcome() string {
	end := fmt.Sprintf("exit %d", c.code)
	if c.killed {
		end = "killed"
	} else if c.interrupted.Load() {
		end += ", interrupted"
	}
	return fmt.Sprintf("%s: %s, %s of %s", c, end, c.took.Round(time.Millisecond), c.bound)
}

// exec runs the command to its end. One that runs past its bound has its goroutines printed and is ended.
func (w *world) exec(ctx context.Context, c *command) {
	ctx, cancel := context.WithTimeout(ctx, c.bound)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.binary, c.args...)
	cmd.Env = slices.Concat(w.env, c.env)
	ownGroup(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 2 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
	stopSignIn := func() {}
	if c.name == login {
		if stopSignIn, c.err = w.seat(ctx, c, cmd, &stderr); c.err != nil {
			return
		}
	}
	began := time.Now()
	c.err = cmd.Start()
	if c.err == nil {
		c.pid = cmd.Process.Pid
		w.service.started(c)
		stopBlow := c.strike(cmd.Process)
		err := cmd.Wait()
		stopBlow()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
			c.err = err
		}
		c.code = cmd.ProcessState.ExitCode()
		c.killed = c.code == -1
		c.overrun = ctx.Err() != nil
		w.service.stopped(c)
	}
	stopSignIn()
	c.took = time.Since(began)
	c.stdout, c.stderr = stdout.String(), stderr.String()
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
			c.interrupted.Store(true)
		}
	})
	return func() {
		if !timer.Stop() {
			<-done
		}
	}
}

// plain runs a command that nothing disturbs.
func (w *world) plain(ctx context.Context, args ...string) *command {
	c := &command{name: strings.Join(args, " "), args: args, bound: slack}
	w.exec(ctx, c)
	return c
}
