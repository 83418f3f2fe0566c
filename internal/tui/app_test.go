package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Nothing is shown while the credential is found quickly, a line where not.
func TestStart(t *testing.T) {
	f := func() *fake { f := newFake(); f.hold("Session"); return f }
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.lacks("Looking")
		r.wait(time.Second)
		r.shows("Looking for your credential…")
		close(r.services.held["Session"])
		r.settle()
		r.shows("You are not signed in.")
	})
}

// A keychain that can't be read is not "not signed in": it is said, and is what
// the app ends with.
func TestStartFails(t *testing.T) {
	locked := problem{Text: "The keychain is locked.", Hint: "Unlock it."}
	f := func() *fake { f := newFake(); f.errs["Session"] = locked; return f }
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.shows("The keychain is locked.", "Unlock it.")
		r.lacks("not signed in")
		r.press("r")
		r.shows("The keychain is locked.")
		if n := r.services.called("Session"); n != 2 {
			t.Errorf("asked %d times", n)
		}
		r.press("q")
		if !r.quit || !errors.Is(r.err, locked) {
			t.Errorf("quit %t with %v", r.quit, r.err)
		}
		r.run(r.pending.guard(func() tea.Msg { return loginMsg{} })) // the key is typed twice
		r.press("l")
		r.shows("Sign in with Mogplex")
		r.lacks("not signed in")
		r.press("esc")
		r.shows("could not be read")
		r.lacks("ot signed in")
		if r.err != nil {
			t.Errorf("still fails with %v", r.err)
		}
	})
}

// Ctrl+C says how to leave, and leaves when it comes twice in time.
func TestInterrupt(t *testing.T) {
	bubble(t, newFake, Options{}, window40, func(r *rig) {
		r.press("ctrl+c")
		r.shows("Ctrl+C again leaves.")
		r.wait(twice)
		r.lacks("Ctrl+C")
		r.press("enter", "ctrl+c")
		r.shows("Interrupted. Ctrl+C again leaves.")
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
	bubble(t, signedIn, Options{}, window80, func(r *rig) {
		release := r.services.hold("Session")
		r.services.change(func() {})
		r.settle()
		r.services.change(func() { r.services.account = Session{} })
		r.settle()
		r.services.change(func() {})
		r.settle()
		release()
		r.settle()
		if r.session.SignedIn || r.services.called("Session") != 3 {
			t.Errorf("asked %d times, and %+v is in force", r.services.called("Session"), r.session)
		}
	})
}

// A run to attach to is shown once someone is signed in.
func TestAttachWaitsForSignIn(t *testing.T) {
	bubble(t, newFake, Options{Attach: "run_1"}, window80, func(r *rig) {
		if !r.atLogin() || len(r.screens) != 2 {
			t.Fatalf("%d screens:\n%s", len(r.screens), r.screen())
		}
		r.press("enter")
		close(r.services.granted)
		r.settle()
		if r.atLogin() || len(r.screens) != 2 || r.attach != "" {
			t.Errorf("%d screens, %q to attach to", len(r.screens), r.attach)
		}
	})
}

// A panic ends the app. Where it came from is in the log.
func TestPanic(t *testing.T) {
	bubble(t, newFake, Options{}, window80, func(r *rig) {
		r.send(crash("MARK"))
		if !r.quit || r.err == nil || len(r.services.logged) == 0 {
			t.Errorf("quit %t, %v, logged %q", r.quit, r.err, r.services.logged)
		}
		r.quit = false
		r.run(r.pending.guard(func() tea.Msg { panic("MARK") }))
		r.settle()
		if !r.quit {
			t.Error("a command's panic was swallowed")
		}
		if last := r.services.logged[len(r.services.logged)-1]; !strings.Contains(last, "TestPanic") {
			t.Error("the function that panicked is not in the log")
		}
	})
}
