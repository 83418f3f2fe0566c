package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// errNotSignedOut is the end of an app that did not wait for a sign-out longer.
var errNotSignedOut = errors.New("the sign-out has not ended yet: `mogplex logout` does it again")

// parting is a sign-out that nobody has heard the end of. The app can be left
// before, and then ends with what is known of it.
type parting struct{ outcome atomic.Pointer[error] }

func (p *parting) begins()         { p.outcome.Store(&errNotSignedOut) }
func (p *parting) ended(err error) { p.outcome.Store(&err) }
func (p *parting) told()           { p.outcome.Store(nil) }

// unheard is nil where there is none, and where it ended well.
func (p *parting) unheard() error {
	if outcome := p.outcome.Load(); outcome != nil {
		return *outcome
	}
	return nil
}

// signOut ends the session at once: what is running is cut before the stores
// are asked. Leaving does not stop it half-way, and what fails then is what the
// app ends with.
func (c *cockpit) signOut() tea.Cmd {
	c.cut()
	c.parting.begins()
	cmd := c.do("Signing out", func(ctx context.Context) func() {
		ctx, cancel := c.lasting(ctx)
		defer cancel()
		report, err := c.services.SignOut(ctx)
		c.parting.ended(err)
		now, unknown := c.services.Session(c.ctx)
		return func() { c.signedOut(report, err, now, unknown) }
	})
	c.job.heard, c.leaving = true, true
	return cmd
}

// signedOut tells what a sign-out did, and what is in force after it.
func (c *cockpit) signedOut(report SignedOut, err error, now Session, unknown error) {
	c.leaving = false
	c.parting.told()
	for _, line := range report.Lines {
		c.transcript.say(noticed, line)
	}
	if report.Pending {
		c.transcript.say(noticed, "The service could not be told; that is tried again in the background.")
	}
	if err != nil {
		c.explain(err)
	}
	if unknown != nil { // who was in force may be so no more
		now = Session{Look: now.Look, unknown: true}
	}
	now = c.latest(now)
	for _, name := range report.StillInEnv {
		c.transcript.say(failed, name+" still signs in; unset it to stop that.")
	}
	c.adopt(now)
	switch {
	case unknown != nil:
		c.explain(unknown)
	case now.SignedIn:
		c.transcript.say(noticed, "In force now: "+inForce(now)+".")
		if hint := removeText(report, now); hint != "" {
			c.transcript.say(suggested, hint)
		}
		c.warn(now)
	case err == nil && !report.Warned: // else it is read first
		login := newLogin(c.shared, now)
		login.news = "Signed out."
		c.raise = login
	}
}

// removeText says how to be rid of a stored key that is in force after a
// sign-out, which is of the account alone; empty where it is no such key.
func removeText(report SignedOut, now Session) string {
	if !now.SignedIn || now.Provider == auth.Mogplex || slices.Contains(report.StillInEnv, now.Source) {
		return ""
	}
	return fmt.Sprintf("`mogplex logout --provider %s` removes it.", oneLine(now.Provider))
}

// inForce is a session in a few words.
func inForce(s Session) string {
	return fmt.Sprintf("%s, from %s", whoForms(s)[0], oneLine(s.Source))
}

// changed takes over what another process did.
func (c *cockpit) changed(msg sessionMsg) {
	was, now := c.session, msg.session
	switch {
	case c.leaving: // signedOut tells it
		return
	case msg.err != nil:
		if c.session.unknown = true; !was.unknown {
			c.explain(msg.err)
		}
		return
	case now.ID == was.ID && now.SignedIn == was.SignedIn:
		c.session = now
	case !now.SignedIn:
		c.adopt(now)
		c.transcript.problem(Problem{Text: goneText(now), Hint: "/login signs in again."})
	case was.unknown:
		c.adopt(now)
		c.transcript.say(noticed, "In force now: "+inForce(now)+".")
	case !was.SignedIn:
		c.adopt(now)
		c.transcript.say(noticed, "Another terminal signed in: "+inForce(now)+".")
	default:
		c.adopt(now)
		c.transcript.say(noticed, "Changed in another terminal. In force now: "+inForce(now)+".")
	}
	c.warn(now)
}

// goneText says why nobody is signed in any more.
func goneText(now Session) string {
	if now.Ended {
		return endedText
	}
	return "Signed out in another terminal."
}

// endedText is said of a [Session] that Ended.
const endedText = "The sign-in that is stored has ended."

// stored tells what became of a credential that was just stored here.
func (c *cockpit) stored(msg storedMsg) {
	who := oneLine(msg.stored.Account)
	if who == "" {
		who = keyText(msg.provider)
	}
	if msg.err == nil {
		c.adopt(msg.session)
	}
	c.transcript.say(noticed, fmt.Sprintf("Signed in: %s, stored in %s.", who, msg.stored.Place))
	for _, warning := range msg.stored.Warnings {
		c.transcript.say(failed, warning)
	}
	switch now := msg.session; {
	case msg.err != nil:
		c.explain(msg.err)
	case now.Provider != msg.provider, msg.stored.Account != "" && now.Account != msg.stored.Account:
		c.transcript.say(failed, "In force is another: "+inForce(now)+".")
	}
	c.warn(msg.session)
}

// adopt makes a session the cockpit's. Nothing of another one goes on: not what
// is running, not the conversation, not the model.
func (c *cockpit) adopt(now Session) {
	if now.ID != c.session.ID || now.SignedIn != c.session.SignedIn {
		c.cut()
		if len(c.turns) > 0 {
			c.transcript.say(noticed, "The conversation starts anew: what was said so far is not sent on.")
		}
		c.turns, c.model, c.catalog, c.picker = nil, "", nil, nil
	}
	c.session = now
}

// warn says each warning once.
func (c *cockpit) warn(s Session) {
	for _, warning := range s.Warnings {
		if !c.warned[warning] {
			c.warned[warning] = true
			c.transcript.say(failed, warning)
		}
	}
}
