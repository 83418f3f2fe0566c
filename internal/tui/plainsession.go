package tui

import (
	"context"
	"errors"
)

// errReplaced ends what was done with a credential that is not in force any
// more.
var errReplaced = errors.New("another credential is in force")

// look looks up whose credential is in force.
func (p *plain) look() (now Session, err error) {
	err = p.work(task{doing: "Looking for your credential", do: func(ctx context.Context, _ func(string)) (err error) {
		now, err = p.Session(ctx)
		return err
	}})
	return now, err
}

// lookAgain looks after something changed, and reports whether it had anything
// to say, in the words of text. Its error ends the app.
func (p *plain) lookAgain(text func(Session) string) (told bool, err error) {
	now, err := p.look()
	if err != nil {
		return true, p.failed(err)
	}
	return p.takeOver(now, text), nil
}

// takeOver says who is in force now, where that is another, and reports whether
// it is.
func (p *plain) takeOver(now Session, text func(Session) string) bool {
	was := p.session
	if now.Look < was.Look { // overtaken
		return false
	}
	p.adopt(now)
	if now.ID == was.ID && now.SignedIn == was.SignedIn {
		return false
	}
	p.say("%s", text(now))
	return true
}

// adopt makes a session the one in force. Nothing said before is sent on to
// another.
func (p *plain) adopt(now Session) {
	if now.ID != p.session.ID || !now.SignedIn {
		if len(p.turns) > 0 {
			p.say("The conversation starts anew: nothing said above is sent on.")
		}
		p.turns, p.model = nil, ""
	}
	p.session, p.known = now, p.known || now.SignedIn
	for _, warning := range now.Warnings {
		if !p.warned[warning] {
			p.warned[warning] = true
			p.say("Warning: %s", warning)
		}
	}
}

// sessionText is a session in a sentence.
func sessionText(s Session) string {
	switch {
	case s.Ended:
		return endedText + " /login signs in again."
	case !s.SignedIn:
		return "You are not signed in. /login signs in."
	}
	return "In force now: " + inForce(s) + ", at " + oneLine(s.Service) + "."
}

// changedText is a session that another terminal brought about.
func changedText(s Session) string {
	if !s.SignedIn {
		return goneText(s) + " /login signs in again."
	}
	return sessionText(s)
}

// watch looks, after a change, whether what is being done goes on.
func (p *plain) watch(ctx context.Context, found chan<- Session) {
	var now Session
	if err := p.safely(func() (err error) {
		now, err = p.Session(ctx)
		return err
	}); err != nil {
		return
	}
	select {
	case found <- now:
	case <-ctx.Done():
	}
}

// replaced reports whether a session is another than the one in force, and
// keeps it until [plain.arrive].
func (p *plain) replaced(now Session) bool {
	if now.ID == p.session.ID && now.SignedIn == p.session.SignedIn {
		return false
	}
	p.coming = &now
	return true
}

// arrive takes over the session that ended what was being done.
func (p *plain) arrive() {
	if now := p.coming; now != nil {
		p.coming = nil
		p.takeOver(*now, changedText)
	}
}
