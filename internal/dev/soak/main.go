// Command soak runs random commands of the real mogplex from several workers at once, against a real Secret Service and
// two account services, and breaks things at random meanwhile: the keychain, the services, the disk, the clock, the
// commands themselves. CI runs it for a minute; by hand:
//
//	go run ./internal/dev/soak --for 1h
//	go run ./internal/dev/soak --seed 42     the same choices again; the timing remains the machine's own
//
// It does not predict what mogplex does. It checks what must hold whatever happens:
//
//   - `auth token` prints a token that its service accepts, or fails with an exit code that says why: 64, 69 or 75.
//   - No refresh token is used twice, unless the command that used it first was killed or could not get its answer.
//   - No secret is in any output, or in any file but its own auth.json.
//   - No command runs longer than what is wrong at the time explains.
//   - No credential disappears unless somebody signed out.
//
// step.go makes up a step and runs it, command.go runs a command, fault.go breaks things. check.go judges the commands and
// what they left in the stores, secrets.go the files. ledger.go knows what became of every token. The soak needs
// dbus-daemon and gnome-keyring, and touches nothing of its user's. Exit codes: 0 found nothing, 1 found something, 2
// cannot run here.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

const (
	exitOK    = 0
	exitFound = 1
	exitUsage = 2
)

// maxFindings ends a run early: nobody reads more of them.
const maxFindings = 20

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program. An interrupt ends it early, with a report of what it found until then.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(stderr)
	length := flags.Duration("for", time.Minute, "how long to run")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano())%1_000_000, "of the random choices")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil, flags.NArg() > 0, *length <= 0:
		fmt.Fprintln(stderr, "soak: takes --for TIME and --seed NUMBER")
		return exitUsage
	}
	if missing := keyringtest.Available(); missing != "" {
		fmt.Fprintf(stderr, "soak: needs %s, which is not installed\n", missing)
		return exitUsage
	}
	s := &soak{seed: *seed, report: newReport(stdout)}
	s.say("Seed %d.", *seed)
	err := s.run(ctx, *length)
	s.summarize()
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "soak: the soak itself failed: %v\n", err)
		return exitUsage
	case s.found() > 0:
		return exitFound
	}
	return exitOK
}

// soak is one run of the program.
type soak struct {
	*report
	seed   uint64
	dir    string // all files
	binary string // mogplex, inside dir
}

// run makes rounds until the time is over. It returns an error of its own, never one of mogplex.
func (s *soak) run(ctx context.Context, length time.Duration) (err error) {
	if s.dir, err = os.MkdirTemp("", "soak-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	s.binary = filepath.Join(s.dir, "mogplex")
	if err := s.build(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	for ctx.Err() == nil && s.found() < maxFindings {
		if err := s.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// round is the life of two state directories, from nothing to signed out. A finding ends it, because what follows from a
// wrong state would be found again and again.
func (s *soak) round(ctx context.Context) (err error) {
	whole := context.WithoutCancel(ctx) // the end of the time does not cut a step short
	w, err := s.newWorld(whole)
	defer func() { err = errors.Join(err, w.close()) }()
	if err != nil {
		return fmt.Errorf("set up a round: %w", err)
	}
	before := s.found()
	defer func() {
		if s.found() > before {
			s.explain(s.seed)
		}
	}()
	for range 10 + w.random.IntN(40) {
		if ctx.Err() != nil {
			break
		}
		if err := w.step(whole); err != nil || s.found() > before {
			return err
		}
	}
	return w.finish(whole)
}
