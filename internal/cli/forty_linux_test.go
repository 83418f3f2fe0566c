package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// TestFortyProcessesRefreshOnce starts forty processes on an expired token at a
// service that ends a sign-in whose old refresh token is used again. One refresh
// request reaches it, and all forty get the new token.
func TestFortyProcessesRefreshOnce(t *testing.T) {
	t.Parallel()
	for _, keychain := range deep.Choose(keychains, keychains[:1]) {
		for _, args := range []string{"auth token", "auth refresh"} {
			t.Run(keychain.name+"/"+args, func(t *testing.T) {
				t.Parallel()
				w := keychain.make(t, accountserver.Config{StrictRotation: true})
				old, _ := w.seed(-time.Minute, "keychain")
				outputs := w.atOnce(deep.Choose(40, 10), strings.Fields(args)...)
				token := w.token()
				if !w.service.Valid(token) || token == old {
					t.Error("what is stored is not a new token that works")
				}
				if n := w.service.refreshes(); n != 1 {
					t.Errorf("%d refresh requests reached the service", n)
				}
				for i, out := range outputs {
					if args == "auth token" && out != token+"\n" || args == "auth refresh" && out != "" {
						t.Errorf("process %d printed something else: %d bytes", i, len(out))
					}
				}
				if _, err := os.Stat(w.state("auth.json")); err == nil {
					t.Error("auth.json was written")
				}
			})
		}
	}
}

// atOnce runs a command in many processes, and holds the lock that they share
// until each of them reports that it waits: by then it has decided, from what it
// read, that a refresh is due.
func (w *world) atOnce(processes int, args ...string) (outputs []string) {
	w.Helper()
	lock := flock.New(w.lockPath())
	if err := lock.Lock(); err != nil {
		w.Fatal(err)
	}
	defer lock.Unlock()
	commands := make([]*exec.Cmd, processes)
	stdout, stderr := make([]strings.Builder, processes), make([]syncBuffer, processes)
	for i := range commands {
		commands[i] = w.command(args...)
		commands[i].Stdout, commands[i].Stderr = &stdout[i], &stderr[i]
		if err := commands[i].Start(); err != nil {
			w.Fatal(err)
		}
	}
	for i := range stderr {
		eventually(w, "a process that waits for the lock", func() bool { return stderr[i].String() != "" })
	}
	if err := lock.Unlock(); err != nil {
		w.Fatal(err)
	}
	for i, cmd := range commands {
		if err := cmd.Wait(); err != nil {
			w.Errorf("process %d: %v: %s", i, err, stderr[i].String())
		}
		heard.output(args, stdout[i].String(), stderr[i].String())
		outputs = append(outputs, stdout[i].String())
	}
	return outputs
}
