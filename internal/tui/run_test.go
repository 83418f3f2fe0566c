package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

var began = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-2 * time.Minute) // before a bubble's clock

var running = RunUpdate{
	Run: RunState{
		ID: "run-1", Status: "streaming", Harness: "claude-code", Repo: "mogplex/website", Base: "main",
		Working: "mogplex/fix-login", Created: began, Updated: began.Add(time.Minute),
	},
	Events: []RunEvent{
		{"1", "message", "", "Looking at the login page first.", "", began.Add(5 * time.Second)},
		{"2", "tool_call", "Bash", "", `{"command":"go test ./..."}`, began.Add(65 * time.Second)},
	},
	Wait: 8 * time.Second,
}

func ended(status, why string) RunUpdate {
	u := running
	u.Events, u.Wait = []RunEvent{{"3", "message", "", "Done.", "", began.Add(2 * time.Minute)}}, 0
	u.Run.Status, u.Run.Error, u.Run.Ended = status, why, true
	return u
}

func watching(updates ...RunUpdate) func() *fake {
	return func() *fake {
		f := signedIn()
		f.updates = updates
		return f
	}
}

var attach = Options{Attach: "run-1"}

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
		r.wait(5 * time.Second)
		r.shows("Asks again in 3 s")
		r.press("q")
		r.shows("Run run-1 goes on. mogplex --attach run-1 shows it again.", "Ada Lovelace")
		if r.err != nil {
			t.Errorf("the app ends with %v", r.err)
		}
	})
}

func TestRunEnds(t *testing.T) {
	for _, last := range []RunUpdate{ended("success", ""), ended("failed", "The tests fail.")} {
		bubble(t, watching(running, last), attach, window80, func(r *rig) {
			r.shows("Done.", "The run ended: "+last.Run.Status+".", last.Run.Error)
			r.lacks("Asks again")
			r.press("esc")
			r.shows("Run run-1 ended: " + last.Run.Status + ".")
		})
	}
}

func TestRunThatCannotBeShown(t *testing.T) {
	gone := problem{Text: "There is no run run-1.", Hint: "Look at the address of the run."}
	f := func() *fake {
		f := watching(running)()
		f.errs["Follow"] = gone
		return f
	}
	bubble(t, f, attach, window40, func(r *rig) {
		r.shows("! There is no run run-1.", "Look at the address of the run.")
		if !errors.Is(r.err, gone) {
			t.Errorf("the app ends with %v", r.err)
		}
		delete(r.services.errs, "Follow")
		r.press("r")
		r.shows("Looking at the login page")
		if r.err != nil {
			t.Errorf("the app ends with %v after all", r.err)
		}
	})
}

// A run that was shown is not what the app fails with, whatever ends it later.
func TestAppEndsWellAfterARunThatWasShown(t *testing.T) {
	refused := problem{Text: "The service does not accept the credential.", SignIn: true}
	broken := func() *fake { f := watching(running)(); f.broken = refused; return f }
	bubble(t, broken, attach, window80, func(r *rig) {
		r.shows("Looking at the login page", "! The service does not accept the credential.")
		r.services.broken = nil
		r.press("l", "enter")
		close(r.services.granted)
		r.settle()
		r.shows("Looking at the login page")
		r.lacks("does not accept")
		r.press("q")
		r.types("/quit")
		r.press("enter")
		if r.err != nil || !r.quit {
			t.Errorf("the app ends with %v, left %v", r.err, r.quit)
		}
	})
	talking(t, broken, attach, func(k *talk) {
		k.want(k.hears(), "Looking at the login page", "Error: The service does not accept the credential.")
		close(k.services.granted)
		k.want(k.types("/login", "1"), "Signed in as Ada")
		k.types("/quit")
		if err := k.left(); err != nil {
			t.Errorf("the app ends with %v", err)
		}
	})
}

func TestRunStopsWithItsSession(t *testing.T) {
	bubble(t, watching(running), attach, window80, func(r *rig) {
		r.services.change(func() { r.services.account = Session{} })
		r.settle()
		r.shows("! Signed out in another terminal.", "l signs in again.")
		r.lacks("Asks again")
		r.press("l")
		r.press("esc")
		r.services.change(func() { r.services.account = ada })
		r.settle()
		r.press("r")
		r.shows("Asks again in 8 s")
	})
}

// unreachable never answers for a run, and is given up.
type unreachable struct{ *fake }

var givenUp = problem{Text: "The service can't be reached."}

func (unreachable) Follow(_ context.Context, _ string, on func(RunUpdate)) error {
	on(RunUpdate{Notice: "no answer; asking again in 2s", Wait: 2 * time.Second})
	return givenUp
}

// A run that the service never told of was not shown.
func TestRunOfNoAnswer(t *testing.T) {
	bubble(t, watching(RunUpdate{Notice: "no answer; asking again in 2s", Wait: 2 * time.Second}), attach, window80, func(r *rig) {
		r.shows("no answer", "Asks again in 2 s")
		r.press("q")
		r.shows("Run run-1 was not shown.")
	})
	talking(t, signedIn, Options{}, func(k *talk) {
		err := RunPlain(k.Context(), unreachable{k.services}, Options{Attach: "run-1", Input: strings.NewReader(""), Output: k})
		if said := k.hears(); !errors.Is(err, givenUp) || !strings.Contains(said, "no answer") || strings.Contains(said, "Run ") {
			t.Errorf("ended with %v, said %q", err, said)
		}
	})
}
