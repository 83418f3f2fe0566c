//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// interrupted signs in while a process holds the lock on the credential, and
// interrupts after the service has granted the sign-in.
func (w *world) interrupted() (code int, said string) {
	w.Helper()
	if err := os.MkdirAll(filepath.Dir(w.lockPath()), 0o700); err != nil {
		w.Fatal(err)
	}
	held := flock.New(w.lockPath())
	if err := held.Lock(); err != nil {
		w.Fatal(err)
	}
	defer func() { _ = held.Unlock() }()
	cmd := w.command("login", "--no-browser")
	var granted sync.WaitGroup
	_, said, err := runAttended(cmd, func(shown string) (string, error) {
		process := cmd.Process
		granted.Go(func() {
			for end := time.Now().Add(longest); w.service.living() == 0 && time.Now().Before(end); {
				time.Sleep(5 * time.Millisecond)
			}
			_ = process.Signal(os.Interrupt)
		})
		return walking(ada)(shown)
	})
	granted.Wait()
	heard.output(cmd.Args[1:], "", said)
	return exitCode(err), said
}

// A sign-in interrupted while it is being stored leaves no session that no store
// holds.
func TestAnInterruptedSignInLeavesNoSession(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, revoking)
	code, said := w.interrupted()
	if code != exitInterrupted || w.service.living() != 0 || len(w.stored()) != 0 {
		t.Errorf("exit %d, %d sessions live: %s", code, w.service.living(), said)
	}
}

// A keychain killed while it stores a sign-in may still hold it, so the session is
// not revoked: otherwise the next command would print a dead token.
func TestASignInThatAKilledKeychainStoredIsNotRevoked(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
	quick := w.slowed(killed)
	said, err := w.login(w.command("login", "--no-browser"))
	quick()
	if exitCode(err) != exitUnavailable || strings.Contains(said, "Signed in") {
		t.Errorf("%v: %s", err, said)
	}
	w.wantStored("the sign-in", "keychain")
	if !w.service.Valid(w.token()) || w.service.revocations() != 0 {
		t.Error("the session that the keychain has was ended")
	}
}

// A file that could not be written holds nothing: the session is revoked, although
// no keychain can be asked.
func TestASignInThatNoStoreTookIsRevoked(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, revoking)
	if err := w.fake().Break("unavailable"); err != nil {
		t.Fatal(err)
	}
	if err := w.writeFile(`{"version": 2, "credentials": {}}`); err != nil { // a later version's, which is not rewritten
		t.Fatal(err)
	}
	said, err := w.login(w.command("login", "--no-browser"))
	if err == nil || w.service.living() != 0 || w.service.revocations() != 1 {
		t.Errorf("%v, %d sessions live: %s", err, w.service.living(), said)
	}
}

// If nothing can be stored, a sign-in ends before a browser opens.
func TestAnUnwritableFileFailsBeforeTheSignIn(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(path string) error{
		"a directory": func(path string) error { return os.MkdirAll(filepath.Join(path, "x"), 0o700) },
		"a pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"too large":   func(path string) error { return os.WriteFile(path, make([]byte, 2<<20), 0o600) },
	} {
		w := fakeWorld(t, accountserver.Config{}).storing("file")
		if err := os.MkdirAll(w.state(""), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := plant(w.state("auth.json")); err != nil {
			t.Fatal(err)
		}
		code, _, said := w.run("login", "--no-browser", "--timeout", "100ms")
		if code != exitFailure || strings.Contains(said, "Open this address") || !strings.Contains(said, "Move that file away") {
			t.Errorf("%s: exit %d: %s", name, code, said)
		}
	}
}
