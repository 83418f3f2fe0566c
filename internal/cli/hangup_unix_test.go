//go:build unix

package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// A terminal that is closed kills what runs in it, and so does a pipe that
// nobody reads any more. A command that has spent a refresh token by then stores
// the answer all the same: the session would else be over.
func TestAClosedTerminalOrPipeCostsNoSession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		goes    func(p *os.Process) // in the moment of the refresh
		nowhere bool                // stderr is a pipe without a reader
	}{
		// The answer comes once the signals have killed what they can.
		{"the terminal is closed", func(p *os.Process) {
			_ = p.Signal(syscall.SIGHUP)
			_ = p.Signal(syscall.SIGHUP)
			time.Sleep(100 * time.Millisecond)
		}, false},
		// It says that it waits after a second: by then it was killed.
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

// unread is a pipe that nobody reads.
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

// `mogplex auth status | head -1` is no failure to talk about.
func TestAReaderThatLeavesIsNotComplainedAbout(t *testing.T) {
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

// Line by line, it does not go on for nobody; nor is it killed, in the middle of
// a renewal that goes on beside.
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
