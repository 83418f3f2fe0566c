package talk

import (
	"context"
	"errors"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// ErrCrashed is what a conversation ends with after a panic. The session log has its type and frames, and nothing else
// is written anywhere.
var ErrCrashed = errors.New("mogplex has a defect, and ended the screen because of it")

// notSignedOut is the end of an app that did not wait for a sign-out longer.
func (t *Talk) notSignedOut() error {
	return errors.New("the sign-out has not ended yet: " + t.session.command("logout") + " does it again")
}

// Twice is how soon a second Ctrl+C leaves.
const Twice = 1500 * time.Millisecond

// AgainText says so.
const AgainText = "Ctrl+C again leaves."

// Settle is how long the end waits for work under way, such as the storing of a credential that was just granted.
const Settle = 10 * time.Second

// CtrlC is called with each Ctrl+C, and reports whether it was the second in time, which leaves.
func (t *Talk) CtrlC() (leaves bool) {
	now := t.opt.Now()
	if !t.pressed.IsZero() && now.Sub(t.pressed) < Twice {
		t.over = true
	}
	t.pressed = now
	return t.over
}

// Leave ends the conversation.
func (t *Talk) Leave() { t.over = true }

// Over reports that the conversation has ended: call [Talk.Close].
func (t *Talk) Over() bool { return t.over }

// Crash ends the conversation after a panic. Call it in the function that recovers.
func (t *Talk) Crash(value any) {
	t.services.LogPanic(value, frames())
	t.crashed, t.over = true, true
}

// Close ends the work that is under way, waits for it, and calls slow if that takes long. Call [Talk.Handle] no more.
func (t *Talk) Close(slow func()) {
	t.closed = true
	t.work.end(Settle, slow)
	t.Handle()
}

// End is what the app ends with: nil if the person left, the context's cause if that ended it, and otherwise what the
// person could not get: the run to attach to, a look at the credential, or the end of a sign-out.
func (t *Talk) End(ctx context.Context) error {
	switch {
	case t.crashed:
		return ErrCrashed
	case t.signOut != nil:
		return t.signOut
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case t.failure != nil:
		return t.failure
	case t.opt.Attach != "", t.opt.Piped && !t.known:
		return auth.ErrNotSignedIn
	}
	return nil
}
