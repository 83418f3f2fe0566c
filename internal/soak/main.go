// Command soak looks for what no single test finds: it runs random commands of the real mogplex from many processes at
// once, against a real Secret Service and the development account service, switches faults on at random, and after
// every step asks whether a credential was lost, one leaked, a command waited past its limit, or something untrue was
// said. CI runs it for a minute; by hand:
//
//	go run ./internal/soak --for 1h
//	go run ./internal/soak --seed 42     the same choices again; the timing stays the machine's own
//
// It needs dbus-daemon and gnome-keyring, starts its own of both, and touches nothing of its user's. Exit codes: 0
// nothing was found, 1 something was, 2 it can't run here.
//
// world.go is what a round stands on, step.go what happens in it, faults.go what goes wrong. check.go and judge.go are
// what is asked after a step, limits.go how long it may take, leaks.go and leftovers.go what is looked for. service.go
// and ledger.go know which tokens there are and what became of them, command.go and person.go run mogplex, app_linux.go
// the app on a terminal, report.go counts.
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

	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

const (
	exitOK    = 0
	exitFound = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program. An interrupt ends it early; what it found until then is told.
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
		fmt.Fprintf(stderr, "soak: needs %s, which is not here\n", missing)
		return exitUsage
	}
	s, err := newSoak(ctx, *seed, stdout)
	if err != nil {
		fmt.Fprintf(stderr, "soak: %v\n", err)
		return exitUsage
	}
	defer s.close()
	err = s.run(ctx, *length)
	s.report(*length, err)
	if err != nil {
		return exitFound
	}
	return exitOK
}

// run makes rounds until the time is over. The first thing that is found ends it.
func (s *soak) run(ctx context.Context, length time.Duration) error {
	s.began = time.Now()
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	for ctx.Err() == nil {
		if err := s.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// round is the life of one state directory, from nothing to signed out.
func (s *soak) round(ctx context.Context) (err error) {
	// What runs is not cut short by the end of the time: a step is finished and checked.
	whole := context.WithoutCancel(ctx)
	w, err := s.newWorld(whole)
	if err != nil {
		return fmt.Errorf("set up a round: %w", err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for range 20 + s.random.IntN(60) {
		if ctx.Err() != nil {
			break
		}
		if err := w.step(whole); err != nil {
			return err
		}
	}
	return w.finish(whole)
}
