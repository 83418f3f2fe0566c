package tui

import (
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

var began = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-2 * time.Minute) // before a bubble's clock

var running = talk.RunUpdate{
	Run: talk.RunState{
		ID: "run-1", Status: "streaming", Harness: "claude-code", Repo: "mogplex/website", Base: "main",
		Working: "mogplex/fix-login", Created: began, Updated: began.Add(time.Minute),
	},
	Events: []talk.RunEvent{
		{ID: "1", Type: "message", Message: "Looking at the login page first.", Created: began.Add(5 * time.Second)},
		{ID: "2", Type: "tool_call", Tool: "Bash", Payload: `{"command":"go test ./..."}`, Created: began.Add(65 * time.Second)},
	},
	Wait: 8 * time.Second,
}

func ended(status, why string) talk.RunUpdate {
	u := running
	u.Events, u.Wait = []talk.RunEvent{{ID: "3", Type: "message", Message: "Done.", Created: began.Add(2 * time.Minute)}}, 0
	u.Run.Status, u.Run.Error, u.Run.Ended = status, why, true
	return u
}

func watching(updates ...talk.RunUpdate) func() *talktest.Fake {
	return func() *talktest.Fake {
		f := talktest.SignedIn()
		f.Updates = updates
		return f
	}
}

var attach = Options{Options: talk.Options{Attach: "run-1"}}

func TestRunGolden(t *testing.T) {
	for name, window := range map[string]size{"80": window80, "40": window40} {
		bubble(t, watching(running), attach, window, func(r *rig) {
			r.wait(time.Second)
			r.golden("run-" + name)
		})
	}
}

func TestRunIsFollowedAndLeft(t *testing.T) {
	bubble(t, watching(running), attach, window80, func(r *rig) {
		r.shows("Run run-1", "Looking at the login page first.", "Asks again in 8 s")
		r.wait(5*time.Second + spinEvery)
		r.shows("Asks again in 3 s")
		r.press("q")
		r.shows("Run run-1 goes on. mogplex --attach run-1 shows it again.", "Ada Lovelace")
		if err := r.ends(); err != nil {
			t.Errorf("the app ends with %v", err)
		}
	})
}

func TestRunEnds(t *testing.T) {
	for _, last := range []talk.RunUpdate{ended("success", ""), ended("failed", "The tests fail.")} {
		bubble(t, watching(running, last), attach, window80, func(r *rig) {
			r.shows("Done.", "The run ended: "+last.Run.Status+".", last.Run.Error)
			r.lacks("Asks again")
			r.press("esc")
			r.shows("Run run-1 ended: " + last.Run.Status + ".")
		})
	}
}

func TestRunThatCannotBeShown(t *testing.T) {
	gone := talktest.Problem{Text: "There is no run run-1.", Hint: "Look at the address of the run."}
	f := func() *talktest.Fake {
		f := watching(running)()
		f.Errs["Follow"] = gone
		return f
	}
	bubble(t, f, attach, window40, func(r *rig) {
		r.shows("! There is no run run-1.", "Look at the address of the run.")
		delete(r.services.Errs, "Follow")
		r.press("r")
		r.shows("Looking at the login page")
		if err := r.ends(); err != nil {
			t.Errorf("the app ends with %v after all", err)
		}
	})
}

// The app does not fail with a run that was shown, even if that ends with an error later.
func TestAppEndsWellAfterARunThatWasShown(t *testing.T) {
	refused := talktest.Problem{Text: "The service does not accept the credential.", SignIn: true}
	broken := func() *talktest.Fake { f := watching(running)(); f.Broken = refused; return f }
	bubble(t, broken, attach, window80, func(r *rig) {
		r.shows("Looking at the login page", "! The service does not accept the credential.")
		r.services.Broken = nil
		r.press("l", "enter")
		close(r.services.Granted)
		r.settle()
		r.shows("Looking at the login page")
		r.lacks("does not accept")
		r.press("q")
		r.types("/quit")
		r.press("enter")
		if err := r.ends(); err != nil || !r.quit {
			t.Errorf("the app ends with %v, left %v", err, r.quit)
		}
	})
}

func TestRunStopsWithItsSession(t *testing.T) {
	bubble(t, watching(running), attach, window80, func(r *rig) {
		r.services.Change(func() { r.services.Account = talk.Session{} })
		r.settle()
		r.shows("! Signed out in another terminal.", "l signs in · q leaves")
		r.lacks("Asks again")
		r.press("l")
		r.press("esc")
		r.services.Change(func() { r.services.Account = talktest.Ada })
		r.settle()
		r.press("r")
		r.shows("Asks again in 8 s")
	})
}

// A run without any answer from the service was not shown.
func TestRunOfNoAnswer(t *testing.T) {
	bubble(t, watching(talk.RunUpdate{Notice: "no answer; asking again in 2s", Wait: 2 * time.Second}), attach, window80, func(r *rig) {
		r.shows("no answer", "Asks again in 2 s")
		r.press("q")
		r.shows("Run run-1 was not shown.")
	})
}
