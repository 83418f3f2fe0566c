package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Nothing is shown while the credential is found quickly, a line where not.
func TestStart(t *testing.T) {
	var release func()
	f := func() *talktest.Fake { f := talktest.New(); release = f.Hold("Session"); return f }
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.lacks("Looking")
		r.wait(time.Second)
		r.shows("Looking for your credential…")
		release()
		r.settle()
		r.shows("You are not signed in.")
	})
}

// A keychain that can't be read is not "not signed in": it is said, and is what
// the app ends with.
func TestStartFails(t *testing.T) {
	locked := talktest.Problem{Text: "The keychain is locked.", Hint: "Unlock it."}
	f := func() *talktest.Fake { f := talktest.New(); f.Errs["Session"] = locked; return f }
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.shows("The keychain is locked.", "Unlock it.")
		r.lacks("not signed in")
		r.press("r")
		r.shows("The keychain is locked.")
		if n := r.services.Called("Session"); n != 2 {
			t.Errorf("asked %d times", n)
		}
		r.press("l", "l")
		r.shows("Sign in with Mogplex")
		r.lacks("not signed in")
		r.press("esc")
		r.shows("could not be read")
		r.lacks("ot signed in")
		if err := r.ends(); err != nil {
			t.Errorf("still fails with %v", err)
		}
	})
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.press("q")
		if err := r.ends(); !r.quit || !errors.Is(err, locked) {
			t.Errorf("quit %t with %v", r.quit, err)
		}
	})
}

// Ctrl+C says how to leave, and leaves when it comes twice in time.
func TestInterrupt(t *testing.T) {
	bubble(t, talktest.New, Options{}, window40, func(r *rig) {
		r.press("ctrl+c")
		r.shows("Ctrl+C again leaves.")
		r.wait(talk.Twice)
		r.lacks("Ctrl+C")
		r.press("enter", "ctrl+c")
		r.shows("Paste a personal access token", "Ctrl+C again leaves.")
		if r.quit {
			t.Fatal("it left")
		}
		r.press("ctrl+c")
		if !r.quit {
			t.Error("it stays")
		}
	})
}

// Changes that come while the session is asked for are asked for once more.
func TestChangesAreNotMissed(t *testing.T) {
	bubble(t, talktest.SignedIn, Options{}, window80, func(r *rig) {
		release := r.services.Hold("Session")
		r.services.Change(func() {})
		r.settle()
		r.services.Change(func() { r.services.Account = talk.Session{} })
		r.settle()
		r.services.Change(func() {})
		r.settle()
		release()
		r.settle()
		if r.talk.Session().SignedIn || r.services.Called("Session") != 3 {
			t.Errorf("asked %d times, and %+v is in force", r.services.Called("Session"), r.talk.Session())
		}
	})
}

// A run to attach to is shown once someone is signed in.
func TestAttachWaitsForSignIn(t *testing.T) {
	bubble(t, talktest.New, Options{Options: talk.Options{Attach: "run_1"}}, window80, func(r *rig) {
		if r.loginScreen() == nil || len(r.screens) != 2 {
			t.Fatalf("%d screens:\n%s", len(r.screens), r.screen())
		}
		r.press("enter")
		close(r.services.Granted)
		r.settle()
		if r.runScreen() == nil || len(r.screens) != 2 {
			t.Errorf("%d screens:\n%s", len(r.screens), r.screen())
		}
	})
}

// A panic in a service or on a screen ends the app. Where it came from is in the log.
func TestPanic(t *testing.T) {
	bubble(t, talktest.New, Options{}, window80, func(r *rig) {
		r.theme = nil // which the next screen needs
		r.press("j")
		last := strings.Join(r.services.Logged, "")
		if err := r.ends(); !r.quit || !errors.Is(err, talk.ErrCrashed) || !strings.Contains(last, "tui.newPage") {
			t.Errorf("quit %t, %v, logged %q", r.quit, err, last)
		}
	})
}
