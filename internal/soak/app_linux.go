package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mogplex/mogplex-cli/internal/terminal"
)

// sitting is the app on a terminal of its own, with a person who types into it, and what came of it.
type sitting struct {
	*command
	at    *terminal.Terminal
	typed chan struct{} // closed when all was typed
	leave func()        // ends the typing and the blow
}

// What the app's screens are known by.
const (
	composing = "Enter sends"
	choosing  = "Esc not now"
)

// sit opens the app.
func (w *world) sit(ctx context.Context, c *command) (*sitting, error) {
	cmd := exec.Command(w.binary)
	cmd.Env = append(slices.Concat(w.env, c.env), "TERM=xterm-256color")
	at, err := terminal.Start(cmd, terminal.Size{Columns: 80, Rows: 24})
	if err != nil {
		return nil, err
	}
	v := &sitting{command: c, at: at, typed: make(chan struct{})}
	c.pid = cmd.Process.Pid
	w.service.started(c)
	typing, stop := context.WithCancel(ctx)
	go func() {
		defer close(v.typed)
		v.types(typing)
	}()
	stopBlow := c.strike(cmd.Process)
	v.leave = func() {
		stop()
		<-v.typed
		stopBlow()
	}
	return v, nil
}

// known waits until the app says whether somebody is signed in, and goes to the cockpit.
func (v *sitting) known(ctx context.Context) error {
	err := v.at.WaitUntil(ctx, func(now terminal.Screen) bool { return now.Contains(composing) || now.Contains(choosing) })
	if err == nil && !v.at.Screen().Contains(composing) {
		if err = v.at.Press("esc"); err == nil {
			err = v.at.WaitFor(ctx, composing)
		}
	}
	return err
}

// types asks something and has everything fetched, for as long as it may.
func (v *sitting) types(ctx context.Context) {
	if v.known(ctx) != nil {
		return
	}
	for _, line := range strings.Split(v.stdin, "\n") {
		if v.at.Type(line+"\r") != nil {
			return
		}
		select {
		case <-time.After(typingPause):
		case <-ctx.Done():
			return
		}
	}
}

// lasts lets the person type for a while.
func (v *sitting) lasts() {
	select {
	case <-v.typed:
	case <-time.After(4 * typingPause):
	}
}

// typingPause is in the most cases enough for what was typed to be done. What is typed before has to wait.
const typingPause = 200 * time.Millisecond

// ends leaves the app as its blow says, which may have ended it before, and notes what it showed.
func (v *sitting) ends(ctx context.Context, w *world) error {
	v.leave()
	defer v.at.Close()
	ctx, cancel := context.WithTimeout(ctx, v.bound)
	defer cancel()
	began := time.Now()
	for _, key := range []string{"ctrl+c", "ctrl+c"} {
		_ = v.at.Press(key) // one that has ended reads nothing
	}
	code, err := v.at.Wait(ctx)
	if v.overrun = ctx.Err() != nil; v.overrun {
		_ = syscall.Kill(v.pid, syscall.SIGQUIT)
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		code, err = v.at.Wait(late)
	}
	v.took, v.code, v.killed = time.Since(began), code, code == -1
	w.service.stopped(v.command)
	v.stdout, v.stderr = string(v.at.Output()), v.at.Screen().String()
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // an overrun, which is told
	}
	return err
}

// notices waits until the app shows that nobody is signed in any more.
func (v *sitting) notices(ctx context.Context, w *world) error {
	ctx, cancel := context.WithTimeout(ctx, slack)
	defer cancel()
	began := time.Now()
	if err := v.at.WaitFor(ctx, "Not signed in"); err != nil {
		w.overruns++
		return fmt.Errorf("the app did not notice the sign-out:\n%s", w.redact(v.at.Screen().String()))
	}
	w.longest[noticed] = max(w.longest[noticed], time.Since(began))
	w.commands[noticed]++
	return nil
}
