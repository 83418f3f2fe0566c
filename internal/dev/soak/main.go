// Command soak runs random commands of the real mogplex from several workers at once, against a real Secret Service and
// two account services, over two state directories and three profiles, and breaks things at random: the keychain, the
// services, the disk, the clock, the commands themselves. After each step it takes the faults back and checks that no
// credential was lost, moved to another key or leaked, and that no command ran past its limit. CI runs it for a minute;
// by hand:
//
//	go run ./internal/dev/soak --for 1h
//	go run ./internal/dev/soak --seed 42     the same choices again; the timing remains the machine's own
//
// It needs dbus-daemon and gnome-keyring, starts its own of both, and touches nothing of its user's. Exit codes: 0
// nothing was found, 1 something was, 2 it can't run here.
//
// It has no model of mogplex, only invariants. plan.go makes up a step, command.go and person.go run it, faults.go
// breaks things meanwhile. judge.go checks each command, check.go the stores after a step, leaks.go the files and
// outputs. service.go and ledger.go know every token that was issued and what became of it. world.go sets a round up,
// build.go builds a mogplex whose clock can be moved, report.go counts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

const (
	exitOK    = 0
	exitFound = 1
	exitUsage = 2
)

// maxFindings ends a run early: more of them would hardly be read.
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
	s, err := newSoak(ctx, *seed, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "soak: %v\n", err)
		return exitUsage
	}
	defer s.close()
	err = s.run(ctx, *length)
	s.report(*length)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "soak: the soak itself failed, see %s: %v\n", s.log.Name(), err)
		return exitUsage
	case len(s.findings) > 0:
		return exitFound
	}
	return exitOK
}

// run makes rounds until the time is over. An error is the soak's own, never mogplex's.
func (s *soak) run(ctx context.Context, length time.Duration) error {
	s.began = time.Now()
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	for ctx.Err() == nil && len(s.findings) < maxFindings {
		if err := s.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// round is the life of two state directories, from nothing to signed out. A finding ends it: what follows from a wrong
// state would be found again and again.
func (s *soak) round(ctx context.Context) (err error) {
	// The end of the time does not cut a step short.
	whole := context.WithoutCancel(ctx)
	w, err := s.newWorld(whole)
	if err != nil {
		return fmt.Errorf("set up a round: %w", err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	before := len(s.findings)
	defer func() { s.tell(before) }()
	for range 10 + s.random.IntN(40) {
		if ctx.Err() != nil {
			break
		}
		if err := w.step(whole); err != nil || len(s.findings) > before {
			return err
		}
	}
	return w.finish(whole)
}
