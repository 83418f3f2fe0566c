//go:build !windows

package tui

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopWithin is how long a process that is told to stop may still run.
const stopWithin = 100 * time.Millisecond

// StopJob stops this process, and whatever runs beside it in the shell's job, as
// Ctrl+Z does, until the shell continues the job. The caller gives the terminal
// back before. It reports whether the process was stopped: without a shell it is
// not.
func StopJob() bool {
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, syscall.SIGCONT)
	defer signal.Stop(resumed)
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return false
	}
	for range 2 { // the first may have run out while the app was stopped
		timer := time.NewTimer(stopWithin)
		defer timer.Stop()
		select {
		case <-resumed:
			return true
		case <-timer.C:
		}
	}
	return false
}
