//go:build unix

package cli

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// A closed terminal or output pipe kills a process. A command that has spent a
// refresh token stores the answer first: otherwise the session would be lost.
func TestAClosedTerminalOrPipeCostsNoSession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		goes    func(p *os.Process) // in the moment of the refresh
		nowhere bool                // stderr is a pipe without a reader
	}{
		// The answer comes after the signals.
		{"the terminal is closed", func(p *os.Process) {
			_ = p.Signal(syscall.SIGHUP)
			_ = p.Signal(syscall.SIGHUP)
			awaitSignals(p)
		}, false},
		// After a second it writes a progress message, which would kill it.
		{"nobody reads what it says", func(*os.Process) { time.Sleep(patience + patience/2) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			started := make(chan *os.Process, 1)
			w := fakeWorld(t, accountserver.Config{StrictRotation: true, OnRequest: func(r accountserver.Request) {
				if r.Grant != "refresh_token" {
					return
				}
				if p := <-started; p != nil { // nil for any further one
					c.goes(p)
				}
			}})
			w.seed(-time.Minute, "keychain")
			cmd := w.command("auth", "token") // which catches signals as late as any
			if c.nowhere {
				cmd.Stderr = unread(t)
			}
			err := cmd.Start()
			if err != nil {
				t.Fatal(err)
			}
			started <- cmd.Process
			close(started)
			err = cmd.Wait()
			if !w.service.Valid(w.token()) || w.service.refreshes() != 1 {
				t.Errorf("%v, %d refreshes: the session is gone", err, w.service.refreshes())
			}
		})
	}
}

var pendingSignals = regexp.MustCompile(`(?m)^S\w+Pnd:\s*0*[1-9a-f]`)

// awaitSignals returns when no signal of a process is pending. Without /proc it can't
// see that, and gives the signals a moment.
func awaitSignals(p *os.Process) {
	status := fmt.Sprintf("/proc/%d/status", p.Pid)
	for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(status)
		if err != nil {
			time.Sleep(100 * time.Millisecond)
		}
		if !pendingSignals.Match(text) {
			return
		}
	}
}

// unread returns the write end of a pipe without a reader.
func unread(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close() })
	return w
}

// `mogplex auth status | head -1` prints no error.
func TestAClosedOutputPipeIsNotReported(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	cmd := w.command("auth", "status", "--json")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = unread(t), &said
	if code := exitCode(cmd.Run()); code == 0 || said.Len() > 0 {
		t.Errorf("exit %d: %s", code, said.String())
	}
}

// Plain mode ends when its output has no reader, but not by a signal in the middle
// of a renewal.
func TestPlainEndsWithItsReader(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	cmd := w.command("--plain")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	cmd.Stdout = unread(t)
	limit := time.AfterFunc(longest, func() { stdin.Close() })
	defer limit.Stop()
	if code := exitCode(cmd.Run()); code != exitFailure {
		t.Errorf("exit %d", code)
	}
}
