// Command demo uses mogplex as a new user does, in two seconds and without an account:
//
//	go run ./internal/dev/demo
//
// It builds mogplex, starts the development account service on this machine, and types the commands in steps.go. After
// each command it checks the output, the service and the stores. It signs in without a
// browser: the demo itself fills in the sign-in page.
//
// The credential goes to this machine's keychain if there is one, under a name of its own, and to auth.json if not. At
// the end the demo removes everything that it created.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const (
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "usage: go run ./internal/dev/demo")
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, steps, os.Stdout)
	stop()
	os.Exit(code)
}

// run takes the steps until one fails, and returns the exit code: 0 if all went well, 130 if ctx ended first.
func run(ctx context.Context, steps []step, out io.Writer) int {
	d := &demo{out: out}
	err := d.start(ctx)
	for _, s := range steps {
		if err == nil {
			err = d.take(ctx, s)
		}
	}
	left := d.cleanUp(context.WithoutCancel(ctx))
	switch {
	case left != nil:
		d.say("\nThe demo could not remove everything that it created: %v", left)
		return exitFailure
	case ctx.Err() != nil:
		d.say("\nInterrupted. The demo has removed everything that it created.")
		return exitInterrupted
	case err != nil:
		d.say("\nThe demo failed: %v", err)
		return exitFailure
	}
	d.say("\nEverything worked. The demo has removed everything that it created.")
	return 0
}
