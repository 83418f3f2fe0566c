package tui

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

var openaiKey = Session{SignedIn: true, ID: "openai", Provider: "openai", Source: "OPENAI_API_KEY", Service: "OpenAI"}

// A sign-out cuts what is running before it begins, and nothing of it comes
// later.
func TestLogoutCutsTheStream(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		answer, out := r.services.hold("Prompt"), r.services.hold("SignOut")
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
		r.shows("Signing out; that has to wait.")
		out()
		r.settle()
		if _, ok := r.top().(*loginScreen); !ok {
			t.Fatalf("no login screen:\n%s", r.screen())
		}
		r.shows("Signed out. You are not signed in.")
		r.press("esc")
		r.shows("Not signed in", "Removed the credential of mogplex from the keychain.", "starts anew")
		r.lacks("in another terminal")
		r.press("ctrl+u")
		r.enter("hello?")
		r.shows("! Nobody is signed in.", "/login signs in.")
	})
}

func TestLogoutNamesWhatStillSignsIn(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		r.enter("hello")
		r.services.report.StillInEnv = []string{"OPENAI_API_KEY"}
		r.services.report.Pending = true
		r.services.env = openaiKey
		r.services.errs["SignOut"] = problem{Text: "The keychain is locked."}
		r.enter("/logout")
		r.shows("! OPENAI_API_KEY still signs in; unset it to stop that.", "· In force now: openai key, from OPENAI_API_KEY.",
			"tried again in the background", "! The keychain is locked.")
		r.enter("hello")
		if held := r.services.asked[1].Session; held != openaiKey.ID {
			t.Errorf("it was sent as one of %q", held)
		}
		if turns := r.services.asked[1].Turns; len(turns) != 1 {
			t.Errorf("the account's conversation went on with the key: %v", turns)
		}
	})
}

// What a sign-out could not look into may still hold the credential: nothing
// says that nobody is signed in, nor hides what was said.
func TestLogoutOfWhatCannotBeRead(t *testing.T) {
	bubble(t, signedIn, Options{}, window80, func(r *rig) {
		r.services.errs["SignOut"] = problem{Text: "The keychain is locked."}
		r.services.errs["Session"] = problem{Text: "It could not be looked up."}
		r.enter("/logout")
		r.shows("What is stored could not be read", "! The keychain is locked.", "! It could not be looked up.")
		r.lacks("Not signed in")
		r.services.change(func() { clear(r.services.errs); r.services.account = ada })
		r.settle()
		r.shows("Ada Lovelace", "· In force now: Ada Lovelace")
		r.lacks("Another terminal")
		r.services.report = SignedOut{Lines: []string{"Warning: no keychain can be reached."}, Warned: true}
		r.enter("/logout")
		r.shows("Not signed in", "Warning: no keychain can be reached.")
	})
}

// A change that could not be looked into is looked into once more, and no
// oftener: a locked keychain would ask the person each time.
func TestAChangeThatCannotBeLookedInto(t *testing.T) {
	bubble(t, signedIn, Options{}, window80, func(r *rig) {
		r.services.change(func() {
			r.services.errs["Session"] = problem{Text: "The keychain did not answer."}
			r.services.account = Session{}
		})
		r.settle()
		r.shows("What is stored could not be read", "! The keychain did not answer.")
		before := r.services.called("Session")
		r.wait(5 * retryAfter)
		if more := r.services.called("Session") - before; more != 1 || strings.Count(r.screen(), "did not answer") != 1 {
			t.Errorf("asked %d times more:\n%s", more, r.screen())
		}
		delete(r.services.errs, "Session")
		r.enter("hello")
		r.shows("Not signed in", "! Signed out in another terminal.")
		r.services.change(func() {
			r.services.errs["Session"] = problem{Text: "The keychain did not answer."}
			r.services.account = ada
		})
		r.settle()
		delete(r.services.errs, "Session")
		r.wait(retryAfter)
		r.shows("Ada Lovelace", "· In force now: Ada Lovelace")
	})
}

// A sign-out that is interrupted says what became of it.
func TestLogoutInterrupted(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		defer r.services.hold("SignOut")()
		r.enter("/logout")
		r.press("ctrl+c")
		r.shows("Removed the credential of mogplex from the keychain.", "Interrupted.", "Not signed in", "/login signs in")
	})
}

func TestOtherTerminals(t *testing.T) {
	grace := ada
	grace.ID, grace.Account = "grace", "Grace Hopper <grace@example.test>"
	renewed := ada
	renewed.Source = "auth.json"
	for _, test := range []struct {
		to    Session
		shows string
		anew  bool
	}{
		{Session{}, "! Signed out in another terminal. /login signs in again.", true},
		{Session{Ended: true}, "! The sign-in that is stored has ended. /login signs in again.", true},
		{grace, "· Changed in another terminal. In force now: Grace Hopper <grace@example.test>, from keychain", true},
		{renewed, "auth.json", false},
	} {
		bubble(t, furnished, Options{}, window80, func(r *rig) {
			r.enter("/models openai/gpt-5")
			r.enter("first")
			r.services.hold("Prompt")
			r.enter("second")
			r.services.change(func() { r.services.account = test.to })
			r.settle()
			r.shows(test.shows)
			c := r.top().(*cockpit)
			if cut := c.job == nil; cut != test.anew || (len(c.turns) == 0) != test.anew || (c.model == "") != test.anew {
				t.Errorf("%s: cut %v, turns %v, model %q", test.shows, cut, c.turns, c.model)
			}
			if test.anew {
				r.shows("The conversation starts anew")
			}
		})
	}
}

// An answer that was overtaken by a later one brings nobody back.
func TestOvertakenAnswers(t *testing.T) {
	before, gone, grace := ada, Session{Look: 2}, ada
	before.Look = 1
	grace.ID, grace.Account, grace.Look = "grace", "Grace Hopper", 3
	bubble(t, signedIn, Options{}, window80, func(r *rig) {
		r.send(sessionMsg{session: gone})
		r.send(sessionMsg{session: before})
		r.shows("Not signed in", "! Signed out in another terminal. /login signs in again.")
		release := r.services.hold("SignOut")
		r.enter("/logout")
		r.send(sessionMsg{session: grace})
		release()
		r.settle()
		r.shows("In force now: Grace Hopper")
	})
	var said bytes.Buffer
	p := &plain{session: gone, out: &said}
	if p.takeOver(before, sessionText) || p.session.SignedIn || said.Len() > 0 {
		t.Errorf("plain: %+v, %s", p.session, &said)
	}
}

// Going to the login screen and back changes nothing; the answer goes on.
func TestLoginAndBack(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		release := r.services.hold("Prompt")
		r.enter("hello")
		r.enter("/login")
		if _, ok := r.top().(*loginScreen); !ok {
			t.Fatalf("no login screen:\n%s", r.screen())
		}
		release()
		r.settle()
		r.press("esc")
		r.shows("Ada Lovelace", "> hello", "ask(layer)", "the newer one wins")
	})
}

func TestStoredIsTold(t *testing.T) {
	stored := storedMsg{
		provider: auth.Mogplex, stored: Stored{ada.Account, "the keychain (Secret Service)", []string{"The file was lax."}},
		sessionMsg: sessionMsg{session: ada},
	}
	bubble(t, newFake, Options{}, window80, func(r *rig) {
		r.send(stored)
		r.shows("· Signed in: Ada Lovelace <ada@example.test>, stored in the keychain (Secret Service).", "! The file was lax.")
		stored.session = openaiKey
		r.send(stored)
		r.shows("! In force is another: openai key, from OPENAI_API_KEY.")
	})
}

// Where it can't be found out what is in force after a sign-out, the one who
// signed out is not shown as signed in.
func TestLogoutIntoTheUnknown(t *testing.T) {
	bubble(t, furnished, Options{}, window80, func(r *rig) {
		out := r.services.hold("SignOut")
		r.enter("/logout")
		r.services.errs["Session"] = problem{Text: "The keychain is locked."}
		out()
		r.settle()
		r.shows("What is stored could not be read", "The keychain is locked.")
		r.lacks("Ada Lovelace <ada@example.test>", "ot signed in")
		delete(r.services.errs, "Session")
		r.services.change(func() { r.services.account = ada })
		r.settle()
		r.shows("Ada Lovelace", "· In force now: Ada Lovelace")
		r.lacks("nother terminal")
	})
}
