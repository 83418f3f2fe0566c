package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// commandLimit bounds every command, including a sign-in.
const commandLimit = 30 * time.Second

// result is the outcome of a command.
type result struct {
	stdout, stderr string
	code           int
}

// take runs a step, shows it, and returns an error if the outcome is not the expected one.
func (d *demo) take(ctx context.Context, s step) error {
	if s.only != "" && s.only != d.store {
		return nil
	}
	if s.title != "" {
		d.say("\n# %s", s.title)
	}
	if s.run != "" {
		if err := d.command(ctx, s); err != nil {
			return fmt.Errorf("mogplex %s: %w", s.run, err)
		}
	}
	if err := d.readStates(ctx); err != nil {
		return err
	}
	for _, c := range s.checks {
		if !c.holds(d) {
			return fmt.Errorf("a check failed: %s", c.says)
		}
		d.say("  ✓ %s", c.says)
	}
	if s.run == "auth token" && !s.withPAT {
		d.token = d.printed
	}
	return nil
}

// command runs the command of a step and compares its output and exit code with the step. `auth token` is the one
// command that may print a token, of which the demo shows the first letters.
func (d *demo) command(ctx context.Context, s step) error {
	env, variable := d.env, ""
	if s.withPAT {
		env, variable = append(slices.Clip(d.env), "MOGPLEX_API_KEY="+d.pat), "MOGPLEX_API_KEY=mog_… "
	}
	d.say("\n$ %smogplex %s", variable, s.run)
	r, err := d.mogplex(ctx, env, strings.Fields(s.run)...)
	if err != nil {
		return err
	}
	d.printed = strings.TrimSuffix(r.stdout, "\n")
	output := r.stdout + r.stderr
	if s.run == "auth token" {
		d.secrets = append(d.secrets, d.printed)
		output = fmt.Sprintf("%.4s…\n%s", d.printed, r.stderr)
	}
	for _, secret := range append(d.secrets, d.pat, mcpSecret) {
		if strings.Contains(output, secret) {
			return errors.New("it prints a secret")
		}
	}
	d.say("%s", strings.TrimRight(output, "\n"))
	switch {
	case r.code != s.exit && (s.exit != anyFailure || r.code == 0):
		return fmt.Errorf("the exit code is %d", r.code)
	case !strings.Contains(output, s.prints):
		return fmt.Errorf("it does not print %q", s.prints)
	}
	return nil
}

// mogplex runs a command. If it prints an address to sign in at, Ada signs in there.
func (d *demo) mogplex(ctx context.Context, env []string, args ...string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, d.binary, args...)
	cmd.Env, cmd.Stdout = env, &stdout
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that mogplex ends cleanly
	cmd.WaitDelay = 5 * time.Second
	lines, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return result{}, err
	}
	var browser sync.WaitGroup
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		line := scanner.Text()
		stderr.WriteString(line + "\n")
		if strings.HasPrefix(line, d.server.URL+accountserver.AuthorizePath) {
			browser.Go(func() { d.signIn(ctx, line) })
		}
	}
	err = cmd.Wait()
	browser.Wait()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if errors.As(err, &exit) {
		err = nil
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, err
}

// signIn signs Ada in, like a person with a browser.
func (d *demo) signIn(ctx context.Context, address string) {
	page, err := accountserver.WalkSignIn(ctx, address, accountserver.DefaultAccounts()[0].Email)
	d.page = page.Body
	if err != nil {
		d.page = err.Error()
	}
}
