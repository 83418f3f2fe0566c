package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// A sign-out first cuts what is running, and nothing of that appears later.
func TestLogoutCutsTheStream(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		answer, out := r.services.Hold("Prompt"), r.services.Hold("SignOut")
		r.enter("hello")
		r.shows("The environment comes first")
		r.enter("/logout")
		r.shows("Signing out…")
		r.lacks("Ada Lovelace <ada@example.test>")
		answer()
		r.wait(1200 * time.Millisecond)
		r.shows("Signing out… 1 s", "The environment comes first")
		r.lacks("ask(layer)")
		r.enter("/status")
		r.shows("Signing out: this has to wait.")
		out()
		r.settle()
		if r.loginScreen() == nil {
			t.Fatalf("no login screen:\n%s", r.screen())
		}
		r.shows("Signed out. You are not signed in.")
		r.press("esc")
		r.shows("Not signed in", "Removed the credential of mogplex from the keychain.", "starts over")
		r.lacks("in another terminal")
		r.press("ctrl+u")
		r.enter("hello?")
		r.shows("! You are not signed in.", "/login signs in.")
	})
}

func TestLogoutNamesWhatStillSignsIn(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.enter("hello")
		r.services.Report.StillInEnv = []string{"OPENAI_API_KEY"}
		r.services.Report.Pending = true
		r.services.Env = talktest.OpenAI
		r.services.Errs["SignOut"] = talktest.Problem{Text: "The keychain is locked."}
		r.enter("/logout")
		r.shows("! OPENAI_API_KEY still signs in; unset it to stop that.", "· Active now: openai key, from OPENAI_API_KEY.",
			"keeps trying to end the session", "! The keychain is locked.")
		r.enter("hello")
		if held := r.services.Asked[1].Session; held != talktest.OpenAI.ID {
			t.Errorf("it was sent as one of %q", held)
		}
		if turns := r.services.Asked[1].Turns; len(turns) != 1 {
			t.Errorf("the account's conversation went on with the key: %v", turns)
		}
	})
}

// A store that a sign-out could not read may still hold the credential: the app does not say "not signed in".
func TestLogoutOfWhatCannotBeRead(t *testing.T) {
	bubble(t, talktest.SignedIn, Options{}, window80, func(r *rig) {
		r.services.Errs["SignOut"] = talktest.Problem{Text: "The keychain is locked."}
		r.services.Errs["Session"] = talktest.Problem{Text: "It could not be looked up."}
		r.enter("/logout")
		r.shows("The stored credential could not be read", "! The keychain is locked.", "! It could not be looked up.")
		r.lacks("Not signed in")
		r.services.Change(func() { clear(r.services.Errs); r.services.Account = talktest.Ada })
		r.settle()
		r.shows("Ada Lovelace", "· Active now: Ada Lovelace")
		r.lacks("Another terminal")
		r.services.Report = talk.SignedOut{Lines: []string{"Warning: no keychain can be reached."}, Warned: true}
		r.enter("/logout")
		r.shows("Not signed in", "Warning: no keychain can be reached.")
	})
}

// A failed look after a change is repeated once: each look at a locked keychain would prompt the person.
func TestAChangeThatCannotBeLookedInto(t *testing.T) {
	bubble(t, talktest.SignedIn, Options{}, window80, func(r *rig) {
		r.services.Change(func() {
			r.services.Errs["Session"] = talktest.Problem{Text: "The keychain did not answer."}
			r.services.Account = talk.Session{}
		})
		r.settle()
		r.shows("The stored credential could not be read", "! The keychain did not answer.")
		before := r.services.Called("Session")
		r.wait(time.Minute)
		if more := r.services.Called("Session") - before; more != 1 || strings.Count(r.screen(), "did not answer") != 1 {
			t.Errorf("asked %d times more:\n%s", more, r.screen())
		}
		delete(r.services.Errs, "Session")
		r.enter("hello")
		r.shows("Not signed in", "! Signed out in another terminal.")
		r.services.Change(func() {
			r.services.Errs["Session"] = talktest.Problem{Text: "The keychain did not answer."}
			r.services.Account = talktest.Ada
		})
		r.settle()
		delete(r.services.Errs, "Session")
		r.wait(11 * time.Second)
		r.shows("Ada Lovelace", "· Active now: Ada Lovelace")
	})
}

// An interrupted sign-out reports its outcome.
func TestLogoutInterrupted(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		defer r.services.Hold("SignOut")()
		r.enter("/logout")
		r.press("ctrl+c")
		r.shows("Removed the credential of mogplex from the keychain.", "Interrupted.", "Not signed in", "/login signs in")
	})
}

func TestOtherTerminals(t *testing.T) {
	renewed := talktest.Ada
	renewed.Source = "auth.json"
	for _, test := range []struct {
		to    talk.Session
		shows string
		anew  bool
	}{
		{talk.Session{}, "! Signed out in another terminal. /login signs in again.", true},
		{talk.Session{Ended: true}, "! The stored sign-in has ended. /login signs in again.", true},
		{talktest.Grace, "· Changed in another terminal. Active now: Grace Hopper <grace@example.test>, from keychain", true},
		{renewed, "auth.json", false},
	} {
		bubble(t, furnished, Options{}, window80, func(r *rig) {
			r.enter("/models openai/gpt-5")
			r.enter("first")
			r.services.Hold("Prompt")
			r.enter("second")
			r.services.Change(func() { r.services.Account = test.to })
			r.settle()
			r.shows(test.shows)
			if cut := r.talk.Doing() == nil; cut != test.anew || (r.talk.Model() == "") != test.anew {
				t.Errorf("%s: cut %v, model %q", test.shows, cut, r.talk.Model())
			}
			if test.anew {
				r.shows("The conversation starts over")
			}
		})
	}
}

// The answer goes on while the login screen is open.
func TestLoginAndBack(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		release := r.services.Hold("Prompt")
		r.enter("hello")
		r.enter("/login")
		if r.loginScreen() == nil {
			t.Fatalf("no login screen:\n%s", r.screen())
		}
		release()
		r.settle()
		r.press("esc")
		r.shows("Ada Lovelace", "> hello", "ask(layer)", "the newer one wins")
	})
}

func TestStoredIsSaid(t *testing.T) {
	f := func() *talktest.Fake {
		f := talktest.New()
		f.Stored.Warnings = []string{"The file was lax."}
		close(f.Granted)
		return f
	}
	bubble(t, f, Options{}, window80, func(r *rig) {
		r.press("enter")
		r.shows("· Signed in as Ada Lovelace <ada@example.test>. The credential is in the keychain (Secret Service).", "! The file was lax.")
		r.services.Env = talktest.OpenAI
		r.enter("/login")
		r.press("enter")
		r.shows("! Another credential is active: openai key, from OPENAI_API_KEY.")
	})
}

// If the look after a sign-out fails, the header does not show the previous account.
func TestLogoutIntoTheUnknown(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		out := r.services.Hold("SignOut")
		r.enter("/logout")
		r.services.Errs["Session"] = talktest.Problem{Text: "The keychain is locked."}
		out()
		r.settle()
		r.shows("The stored credential could not be read", "The keychain is locked.")
		r.lacks("Ada Lovelace <ada@example.test>", "ot signed in")
		delete(r.services.Errs, "Session")
		r.services.Change(func() { r.services.Account = talktest.Ada })
		r.settle()
		r.shows("Ada Lovelace", "· Active now: Ada Lovelace")
		r.lacks("nother terminal")
	})
}
