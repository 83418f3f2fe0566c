package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// commandLimit bounds every command but a sign-in, which has its own limit.
const commandLimit = 30 * time.Second

// result is what came of a command.
type result struct {
	stdout string
	stderr string
	code   int
}

// mogplex shows a command line, runs it and shows what it printed. Variables
// come before it, as in a shell.
func (d *demo) mogplex(ctx context.Context, variables []string, args ...string) result {
	r := d.try(ctx, variables, args)
	for _, text := range []string{r.stdout, r.stderr} {
		if text != "" {
			d.output(text)
		}
	}
	return r
}

// token is `mogplex auth token`, its output shown masked.
func (d *demo) token(ctx context.Context, variables ...string) string {
	r := d.try(ctx, variables, []string{"auth", "token"})
	token, line := strings.CutSuffix(r.stdout, "\n")
	if d.err == nil && (r.code != 0 || !line || token == "") {
		d.stop(fmt.Errorf("mogplex auth token: exit code %d: %s", r.code, r.stderr))
	}
	if d.err != nil {
		return ""
	}
	d.keepSecret(token)
	d.output(masked(token))
	if r.stderr != "" {
		d.output(r.stderr)
	}
	return token
}

// try shows a command line and runs it. After a failure it does nothing.
func (d *demo) try(ctx context.Context, variables, args []string) (r result) {
	if d.err != nil {
		return r
	}
	d.typed(slices.Concat(variables, []string{"mogplex"}, args)...)
	r, err := d.quietly(ctx, variables, args...)
	if err != nil {
		d.stop(err)
	}
	return r
}

// quietly runs a command line of mogplex and shows nothing.
func (d *demo) quietly(ctx context.Context, variables []string, args ...string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	return d.run(ctx, variables, nil, nil, args...)
}

// run runs mogplex. What it says on stderr goes to live as well, where that is
// not nil. An exit code other than 0 is no error, unless it was interrupted:
// Ctrl-C may reach it first.
func (d *demo) run(ctx context.Context, variables []string, stdin io.Reader, live io.Writer, args ...string) (result, error) {
	cmd := exec.CommandContext(ctx, d.binary, args...)
	cmd.Env = slices.Concat(d.env, d.settings, variables)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	if live != nil {
		cmd.Stderr = io.MultiWriter(&stderr, live)
	}
	// mogplex ends cleanly when it is interrupted, where the platform can do that.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() >= 0 && exit.ExitCode() != exitInterrupted:
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("mogplex %s: %w", strings.Join(args, " "), err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, err
}

// statusReport is what the demo reads of `mogplex auth status --json`.
type statusReport struct {
	SignedIn bool `json:"signed_in"`
	Active   struct {
		Source  string `json:"source"`
		Account struct {
			Email string `json:"email"`
		} `json:"account"`
	} `json:"active"`
	Layers []layer `json:"layers"`
}

type layer struct {
	Layer      string `json:"layer"`
	Backend    string `json:"backend"`
	State      string `json:"state"`
	ShadowedBy string `json:"shadowed_by"`
}

// layer finds what was said of the keychain or the file.
func (r statusReport) layer(name string) layer {
	for _, l := range r.Layers {
		if l.Layer == name {
			return l
		}
	}
	return layer{}
}

// status is the status, not shown.
func (d *demo) status(ctx context.Context, variables ...string) (report statusReport) {
	if d.err != nil {
		return report
	}
	r, err := d.quietly(ctx, variables, "auth", "status", "--json")
	if err == nil {
		err = json.Unmarshal([]byte(r.stdout), &report)
	}
	if err != nil {
		d.stop(fmt.Errorf("read the status: %w", err))
	}
	return report
}
