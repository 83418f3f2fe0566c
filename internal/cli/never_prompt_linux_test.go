package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// prompting are commands that make the keychain ask a person to unlock it.
var prompting = []struct{ args, record string }{
	{"logout", "keychain"},
	{"logout --all", "keychain"},
	{"auth migrate --to file", "keychain"},
	{"auth migrate", "file"},
	{"auth refresh", "keychain"},
	{"login --no-browser", "keychain"},
}

// TestNoLockIsHeldWhileAPersonIsAskedToUnlock is case 9: a command that waits for
// the keychain's prompt holds no lock, and other commands run.
func TestNoLockIsHeldWhileAPersonIsAskedToUnlock(t *testing.T) {
	t.Parallel()
	for _, test := range prompting {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			w := lockedWorld(t, test.record)
			shown, err := w.session.Prompt(keyringtest.IgnorePrompt)
			if err != nil {
				t.Fatal(err)
			}
			at := w.terminal(strings.Fields(test.args)...)
			w.receives(shown, at)
			w.wantUnlocked()
			w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
			if test.args != "auth migrate" { // whose prompt is about that very record
				w.seed(-time.Minute, "file")
			}
			if token := w.token(); !w.service.Valid(token) {
				t.Error("another command did not renew the token in the file")
			}
			w.wantUnlocked()
			at.types(interrupt)
			at.shows("nterrupted")
		})
	}
}

// TestACommandCompletesAfterTheKeychainIsUnlocked is the other half of case 9:
// the command completes after the prompt, although it asks without the lock.
func TestACommandCompletesAfterTheKeychainIsUnlocked(t *testing.T) {
	t.Parallel()
	for _, test := range prompting[:len(prompting)-1] {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			w := lockedWorld(t, test.record)
			if _, err := w.session.Prompt(keyringtest.AnswerPrompt); err != nil {
				t.Fatal(err)
			}
			at := w.terminal(strings.Fields(test.args)...)
			at.ends(exitOK)
		})
	}
}

// lockedWorld has a session in one of the stores, a locked gnome-keyring, and a
// display on which a prompt could be.
func lockedWorld(t *testing.T, record string) *world {
	w := realWorld(t, accountserver.Config{StrictRotation: true})
	w.env = append(w.env, "DISPLAY=:99")
	w.seed(time.Hour, "keychain")
	if record == "file" {
		w.must("auth", "migrate", "--to", record)
	}
	if err := w.session.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// receives waits until a prompt is shown to the person.
func (w *world) receives(shown <-chan struct{}, at *seat) {
	w.Helper()
	ended, cancel := context.WithTimeout(w.Context(), longest)
	defer cancel()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = at.Wait(ended)
	}()
	select {
	case <-shown:
	case <-gone:
		w.Fatalf("it ended, or waited, without a prompt: %s", at.shown())
	}
	cancel()
	<-gone
}

// wantUnlocked fails if a process holds the lock on the account's credential.
func (w *world) wantUnlocked() {
	w.Helper()
	if !w.unlocked() {
		w.Error("the lock is held while a person is asked")
	}
}

func (w *world) unlocked() bool {
	lock := flock.New(w.lockPath())
	defer lock.Unlock()
	free, err := lock.TryLock()
	return free || errors.Is(err, fs.ErrNotExist)
}
