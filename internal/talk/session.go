package talk

import (
	"fmt"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// sessions is the one owner of who is signed in.
type sessions struct {
	session    Session
	unread     bool // the latest look failed: session may be outdated
	started    bool // the session is known, or the person went on without
	known      bool // somebody was signed in at some time
	listening  bool
	looking    bool
	waiting    []func(Session, error) // called with the next look
	retried    bool                   // the look after the latest change failed and is repeated
	saved      int                    // credentials that were stored here, and are not announced yet
	late       bool                   // a sign-in came up while one was under way here
	signingOut bool
	warned     map[string]bool
}

// Session is whose credential is active.
func (t *Talk) Session() Session { return t.session }

// Unread reports that the latest look failed: it is unknown who is signed in.
func (t *Talk) Unread() bool { return t.unread }

// SigningOut reports that a sign-out is under way.
func (t *Talk) SigningOut() bool { return t.signingOut }

// look looks up whose credential is active, then calls a function. Looks come one after the other, so that no answer
// overtakes a later one: a request during a look is answered by the next look.
func (t *Talk) look(then func(Session, error)) {
	t.waiting = append(t.waiting, then)
	t.startLook()
}

func (t *Talk) startLook() {
	if t.looking || len(t.waiting) == 0 {
		return
	}
	callers := t.waiting
	t.looking, t.waiting = true, nil
	t.spawn(func() {
		now, err := t.services.Session(t.ctx)
		t.post(func() {
			t.looking = false
			for _, then := range callers {
				then(now, err)
			}
			t.startLook()
		})
	})
}

// listen looks again whenever this or another process changed what is stored.
func (t *Talk) listen() {
	changed := t.services.Changed()
	t.spawn(func() {
		for {
			select {
			case _, open := <-changed:
				if !open {
					return
				}
				t.post(func() { t.retried = false; t.look(t.changed) })
			case <-t.ctx.Done():
				return
			}
		}
	})
}

// retryAfter is how long after a failed look it is repeated, once. A keychain that did not answer is left alone for ten
// seconds; a locked one would prompt the person each time.
const retryAfter = 11 * time.Second

// storing reports that this app may be storing a credential.
func (t *Talk) storing() bool { return t.attempt != nil || t.saved > 0 }

// changed takes over what another process did.
func (t *Talk) changed(now Session, err error) {
	was, unread := t.session, t.unread
	switch {
	case t.signingOut: // its own look follows
		return
	case !t.started: // after a start that failed
		if err == nil {
			t.begin(now, false)
		}
		return
	case err == nil && now.SignedIn && t.storing(): // probably the credential that is being stored here
		t.late = true
		return
	case err != nil:
		t.unread = true
		if !unread {
			t.explain(err)
		}
		if !t.retried {
			t.retried = true
			t.after(retryAfter, func() { t.look(t.changed) })
		}
		return
	}
	same := now.ID == was.ID && now.SignedIn == was.SignedIn
	t.adopt(now)
	switch {
	case same:
	case !now.SignedIn:
		t.problem(Problem{Text: goneText(now), Hint: "/login signs in again."})
	case unread:
		t.say(Noticed, "Active now: "+activeText(now)+".")
	case !was.SignedIn:
		t.say(Noticed, "Another terminal signed in: "+activeText(now)+".")
	default:
		t.say(Noticed, "Changed in another terminal. Active now: "+activeText(now)+".")
	}
	t.warn(now)
	if now.SignedIn && !was.SignedIn && t.front.SignedIn(false) {
		t.Resume()
	}
}

// adopt makes a session the active one. If it is another, what is running ends, and conversation and model are dropped.
func (t *Talk) adopt(now Session) {
	other := now.ID != t.session.ID || now.SignedIn != t.session.SignedIn
	t.session, t.unread = now, false
	t.known = t.known || now.SignedIn
	if !other {
		return
	}
	t.cut()
	if len(t.turns) > 0 {
		t.say(Noticed, "The conversation starts over: what was said so far is not sent again.")
	}
	t.turns, t.model, t.catalog = nil, "", nil
	t.stopRun()
	t.front.Adopted()
}

// warn says each warning once.
func (t *Talk) warn(s Session) {
	for _, warning := range s.Warnings {
		if !t.warned[warning] {
			t.warned[warning] = true
			t.say(Warned, warning)
		}
	}
}

// EndedText describes a [Session] that Ended.
const EndedText = "The stored sign-in has ended."

// goneText says why nobody is signed in any more.
func goneText(now Session) string {
	if now.Ended {
		return EndedText
	}
	return "Signed out in another terminal."
}

// activeText is a session in a few words.
func activeText(s Session) string {
	if s.Profile != "" {
		return fmt.Sprintf("%s, from %s, in profile %s", s.Who(), text.Line(s.Source), text.Line(s.Profile))
	}
	return fmt.Sprintf("%s, from %s", s.Who(), text.Line(s.Source))
}

// command returns a command line that works on the session's profile.
func (s Session) command(arguments string) string {
	if s.Profile != "" {
		arguments = "--profile " + text.Line(s.Profile) + " " + arguments
	}
	return "`mogplex " + arguments + "`"
}

// Who names the person or the key.
func (s Session) Who() string {
	switch who := text.Line(s.Account); {
	case who != "":
		return who
	case s.Provider == auth.Mogplex:
		return "personal access token"
	}
	return keyText(s.Provider)
}

// keyText names a credential that no account is known of.
func keyText(provider string) string {
	if provider == auth.Mogplex {
		return "personal access token"
	}
	return strings.TrimSpace(text.Line(provider) + " key")
}
