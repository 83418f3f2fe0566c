package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// The commands that the checks know.
const (
	token       = "auth token"
	login       = "login --no-browser --timeout 15s"
	logout      = "logout"
	migrate     = "auth migrate"
	migrateBack = "auth migrate --to file"
)

// The exit codes that a soak brings about.
const (
	killed      = -1
	done        = 0
	failure     = 1
	notSignedIn = 64
	unavailable = 69
	tryAgain    = 75
	interrupted = 130
)

// command is one command line of mogplex, and what came of it.
type command struct {
	name        string
	key         key
	mode        string    // MOGPLEX_CREDENTIAL_STORE
	signal      os.Signal // that it gets while it runs, nil for none
	signalAfter time.Duration
	patience    time.Duration // for the keychain
	limit       time.Duration

	began   time.Time
	took    time.Duration
	code    int
	stdout  string
	stderr  string
	overrun bool
	err     error // it could not be run
}

func (c *command) String() string {
	return fmt.Sprintf("mogplex %s (%s; %s): exit %d, %s of %s", c.name, c.key, c.mode, c.code,
		c.took.Round(time.Millisecond), c.limit)
}

// migrates reports whether the command is a migration, which is about everything of a profile.
func (c *command) migrates() bool { return c.name == migrate || c.name == migrateBack }

// writes reports whether the command can change which sign-in a store has. A renewal does not.
func (c *command) writes() bool {
	return c.migrates() || c.name == login || strings.HasPrefix(c.name, logout)
}

// printed is the token that the command printed, "" if it printed none.
func (c *command) printed() string {
	if strings.HasPrefix(c.name, token) && c.code == done {
		return strings.TrimSuffix(c.stdout, "\n")
	}
	return ""
}

// blank reports that the command met an item without a value, which gnome-keyring leaves when it is killed.
func (c *command) blank() bool { return strings.Contains(c.stdout+c.stderr, "is blank") }

// said is what the command wrote, except for a token that it was to print. A signal can come after that.
func (c *command) said() string {
	if strings.HasPrefix(c.name, token) && (c.code == done || c.signal != nil) {
		return c.stderr
	}
	return c.stderr + "\n" + c.stdout
}

// exec runs the command to its end. One that runs past its limit prints its goroutines and is ended.
func (w *world) exec(ctx context.Context, c *command) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.binary, strings.Fields(c.name)...)
	cmd.Env = w.env(c)
	ownGroup(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	cmd.WaitDelay = 2 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout = &stdout
	keyboard, err := cmd.StdinPipe()
	screen, err2 := cmd.StderrPipe()
	if c.began, c.err = time.Now(), errors.Join(err, err2, cmd.Start()); c.err != nil {
		return
	}
	if c.name != login {
		keyboard.Close()
	}
	if c.signal != nil {
		strike := time.AfterFunc(c.signalAfter, func() { _ = cmd.Process.Signal(c.signal) }) // it may have ended
		defer strike.Stop()
	}
	for lines := bufio.NewScanner(screen); lines.Scan(); {
		stderr.WriteString(lines.Text() + "\n")
		if c.name == login && strings.HasPrefix(lines.Text(), w.services[c.key.service].http.URL+accountserver.AuthorizePath) {
			w.signIn(ctx, c.key, lines.Text(), cmd.Process, keyboard)
		}
	}
	_ = cmd.Wait() // the exit code says more
	c.code, c.overrun = cmd.ProcessState.ExitCode(), ctx.Err() != nil
	c.took, c.stdout, c.stderr = time.Since(c.began), stdout.String(), stderr.String()
}

// signIn is the person in front of a sign-in: they open the address that it shows, sign in, and paste the address at which
// the browser ends. If the service does not let them, they press Ctrl-C. They paste the callback instead of opening it,
// because the ports that it leads to may be another program's.
func (w *world) signIn(ctx context.Context, k key, address string, process *os.Process, keyboard io.Writer) {
	callback, err := accountserver.WalkToCallback(ctx, address, w.services[k.service].email)
	if err != nil {
		_ = process.Signal(os.Interrupt) // it may have ended
		return
	}
	w.ledger.expect(callback.Query().Get("code"), k)
	_, _ = fmt.Fprintln(keyboard, callback) // likewise
}
