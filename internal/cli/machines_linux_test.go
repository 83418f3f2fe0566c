package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// machine is another computer with the same home and keychain, on a file system
// without locks.
func (w *world) machine(boot string) *world {
	w.Helper()
	for _, program := range []string{"bwrap", "strace"} {
		if _, err := exec.LookPath(program); err != nil {
			deep.Missing(w, program+" is not installed")
		}
	}
	id := filepath.Join(w.TempDir(), "boot_id")
	if err := os.WriteFile(id, []byte(boot+"\n"), 0o600); err != nil {
		w.Fatal(err)
	}
	m := w.with()
	m.prefix = []string{"bwrap", "--dev-bind", "/", "/", "--ro-bind", id, "/proc/sys/kernel/random/boot_id",
		"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"}
	if code, _, said := m.run("--version"); code != 0 {
		deep.Missing(w, "no other machine can be played here: "+said)
	}
	return m
}

// does runs a command that must succeed; a sign-in has its person.
func (w *world) does(line string) {
	w.Helper()
	if line == "login" {
		if said, err := w.login(w.command("login", "--no-browser")); err != nil {
			w.Errorf("login: %v: %s", err, said)
		}
	} else if code, _, said := w.run(strings.Fields(line)...); code != 0 {
		w.Errorf("%s: exit %d: %s", line, code, said)
	}
}

// TestTwoMachinesWithoutACommonLock has one machine wait for a renewal while the
// other runs a command: the claim in the record keeps them apart.
func TestTwoMachinesWithoutACommonLock(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"keychain", "file"} {
		for _, does := range []string{"auth token", "auth refresh", "auth migrate", "logout", "login"} {
			t.Run(does+" beside a renewal in the "+where, func(t *testing.T) {
				t.Parallel()
				var midRefresh interlude
				w := fakeWorld(t, accountserver.Config{StrictRotation: true, OfferRevocation: true, OnRequest: midRefresh.request})
				w.seed(-time.Second, where)
				w.must("auth", "status")
				a, b := w.machine("a"), w.machine("b")
				asked, goOn := make(chan struct{}, 1), make(chan struct{})
				midRefresh.set(func() { asked <- struct{}{}; <-goOn })
				renewal := make(chan string)
				go func() {
					code, token, _ := a.run("auth", "token")
					if code == exitNotSignedIn {
						token = "not signed in"
					}
					renewal <- strings.TrimSpace(token)
				}()
				select {
				case <-asked:
				case got := <-renewal:
					t.Fatalf("it asked for no renewal, and gave %q", got)
				}
				waits := strings.HasPrefix(does, "auth")
				if waits { // for the answer
					time.AfterFunc(500*time.Millisecond, func() { close(goOn) })
				}
				if does == "auth migrate" && where == "keychain" {
					b.does("auth migrate --to file")
				} else {
					b.does(does)
				}
				if !waits {
					close(goOn)
				}
				got := <-renewal
				code, stdout, _ := w.run("auth", "token")
				token, want := strings.TrimSpace(stdout), 1
				if does == "logout" {
					token, want = "not signed in", 0
				}
				if got != token || (code == exitNotSignedIn) != (want == 0) || w.service.refreshes() != 1 || w.service.living() != want {
					t.Errorf("the renewal gave %q, %q is active (exit %d) after %d refreshes; %d sessions live",
						got, token, code, w.service.refreshes(), w.service.living())
				}
			})
		}
	}
}
