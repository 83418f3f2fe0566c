// Command demo shows mogplex at work, in a few seconds and without an account:
//
//	go run ./internal/dev/demo
//
// It builds mogplex, starts the development account service on this machine,
// and goes from signed out to signed out with the commands a user types,
// checking each against the service, the keychain and the state directory.
//
// main.go is the run as a whole, stage.go what it runs on, steps.go and
// migrate.go what is shown, keychain.go, lists.go and signin.go what these look
// at and do, command.go how mogplex is run, screen.go how it is printed.
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
)

const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// cleanUpLimit bounds the cleaning up, which an interrupt does not cut short.
const cleanUpLimit = 20 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the demo's flags.
type options struct {
	walk bool // through the sign-in page, without a browser
	file bool // leave the keychain alone
}

// run is the demo. It returns the exit code: 0 where every check held, 1 where
// one did not, 2 for usage, 130 when ctx ended first.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var opt options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&opt.walk, "walk", false, "walk through the sign-in page by itself, also where a browser could open")
	flags.BoolVar(&opt.file, "file", false, "keep the credential in a file, also where there is a keychain")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "demo: takes no arguments")
		return exitUsage
	}
	d := &demo{screen: newScreen(stdout), stdin: stdin, options: opt}
	if err := d.set(ctx); err != nil {
		d.stop(err)
	}
	for i, s := range steps {
		if d.err == nil {
			d.title("%d. %s", i+1, s.title)
			s.run(d, ctx)
		}
	}
	d.cleanUp(ctx)
	return d.end(ctx)
}

// end says how it went.
func (d *demo) end(ctx context.Context) int {
	switch {
	case d.err == nil:
		d.say("\nDone: %d checks, and every one held. The demo has removed what it made.", d.checks)
		return exitOK
	case ctx.Err() != nil && !errors.Is(d.err, errCheck):
		d.say("\nInterrupted. The demo has removed what it made.")
		return exitInterrupted
	}
	if !errors.Is(d.err, errCheck) {
		d.fail("%v", d.err)
	}
	d.say("\nThe demo failed.")
	return exitFailure
}
