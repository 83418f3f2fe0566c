package tui

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// The screen stays empty unless the look for the credential takes long.
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

// A keychain that can't be read is reported, is not "not signed in", and is what the app ends with.
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

// A second Ctrl+C in time leaves; the first says so.
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

// A change during a look starts another look.
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
			t.Errorf("asked %d times, and %+v is active", r.services.Called("Session"), r.talk.Session())
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

// A panic on a screen ends the app, and its frames are logged.
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

// A change after a failed start starts the app, on the screen and line by line.
func TestAChangeStartsWhatFailed(t *testing.T) {
	locked := func() *talktest.Fake {
		f := talktest.SignedIn()
		f.Errs["Session"] = talktest.Problem{Text: "The keychain is locked."}
		return f
	}
	unlock := func(f *talktest.Fake) { f.Change(func() { clear(f.Errs) }) }
	bubble(t, locked, Options{}, window80, func(r *rig) {
		unlock(r.services)
		r.settle()
		r.shows("Ada Lovelace", "Ask anything.")
		if err := r.ends(); err != nil {
			t.Errorf("it ends with %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := locked()
		talktest.Talk(t, f, lines(talk.Options{}), func(p *talktest.Person) {
			p.Wants(p.Hears(), "Error: The keychain is locked.\n1. Try again")
			unlock(f)
			p.Wants(p.Hears(), "Active now: Ada Lovelace", "/help.\n> ")
			p.Types("/quit")
			if err := p.Left(); err != nil {
				t.Errorf("it ends with %v", err)
			}
		})
	})
}
