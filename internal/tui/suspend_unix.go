//go:build !windows

package tui

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopWithin is how long a process may take to stop.
const stopWithin = 100 * time.Millisecond

// StopJob stops this process and the others of the shell's job, as Ctrl+Z does, until the shell continues the job. The
// caller gives the terminal back first. It returns false if nothing stopped, as without a shell.
func StopJob() bool {
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, syscall.SIGCONT)
	defer signal.Stop(resumed)
	if syscall.Kill(0, syscall.SIGTSTP) != nil {
		return false
	}
	for range 2 { // the first timer may have expired while the app was stopped
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
