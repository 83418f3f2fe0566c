package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// crowd is how many processes ask at once.
const crowd = 40

// TestFortyProcessesRefreshOnce starts forty processes on an expired token at a
// service that ends a sign-in whose old refresh token is used again. One refresh
// request reaches it, and all forty get the new token.
func TestFortyProcessesRefreshOnce(t *testing.T) {
	for _, keychain := range keychains {
		for _, args := range []string{"auth token", "auth refresh"} {
			t.Run(keychain.name+"/"+args, func(t *testing.T) {
				w := keychain.make(t, accountserver.Config{StrictRotation: true})
				old, _ := w.seed(-time.Minute, "keychain")
				started := time.Now()
				outputs, late := w.crowd(strings.Fields(args)...)
				t.Logf("%d processes in %s", crowd, time.Since(started).Round(time.Millisecond))
				token := w.token()
				if !w.service.Valid(token) || token == old {
					t.Error("what is stored is not a new token that works")
				}
				// A process that is so slow as to read only what another one renewed
				// is told by `auth refresh` to renew that.
				if n := w.service.refreshes(); n != 1 && (args == "auth token" || n > 3+late) {
					t.Errorf("%d refresh requests reached the service; %d processes were late", n, late)
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

// crowd runs a command in many processes, and holds the lock that they share
// until all of them say that they wait and a moment longer: each has decided by
// then, from what it read, that a refresh is due. Those that are late are counted
// where the machine is too slow for them all: the first wait no longer.
func (w *world) crowd(args ...string) (outputs []string, late int) {
	w.Helper()
	lock := flock.New(w.lockPath())
	if err := lock.Lock(); err != nil {
		w.Fatal(err)
	}
	defer lock.Unlock()
	var commands [crowd]*exec.Cmd
	var stdout [crowd]strings.Builder
	stderr := make([]*syncBuffer, crowd)
	for i := range commands {
		stderr[i] = &syncBuffer{}
		commands[i] = w.command(args...)
		commands[i].Stdout, commands[i].Stderr = &stdout[i], stderr[i]
		if err := commands[i].Start(); err != nil {
			w.Fatal(err)
		}
	}
	silent := func() (n int) {
		for _, b := range stderr {
			if b.String() == "" {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(10 * time.Second); silent() > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	late = silent()
	time.Sleep(time.Second)
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
	return outputs, late
}
