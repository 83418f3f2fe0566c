package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// catchSignals makes the program end cleanly on a signal, because it may be about to
// store the only token that works. The first interrupt and a closed terminal call
// cancel; the second interrupt kills. A write to a pipe without a reader fails instead
// of killing.
func catchSignals(cancel context.CancelFunc) {
	interrupts, hangups := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		signal.Notify(hangups, syscall.SIGHUP)
	}
	go func() {
		for {
			select {
			case <-interrupts:
				signal.Stop(interrupts)
			case <-hangups: // the kernel and the shell both send it
			}
			cancel()
		}
	}()
}
