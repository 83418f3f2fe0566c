package talk

import (
	"context"
	"slices"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// logOut first cuts what is running, then signs out. Leaving the app does not stop it: if it fails afterwards, the app
// ends with that error.
func (t *Talk) logOut() {
	t.cut()
	job, ctx := t.newJob("Signing out")
	job.heard = true
	t.job, t.signingOut, t.signOut = job, true, t.notSignedOut()
	t.spawn(func() {
		lasting, cancel := t.lasting(ctx)
		defer cancel()
		report, err := t.services.SignOut(lasting)
		t.post(func() {
			t.signOut = err
			if t.closed {
				t.sayReport(report)
				return
			}
			t.look(func(now Session, unread error) { t.signedOut(report, err, now, unread) })
		})
	})
}

// lasting returns a context that ends with a job's, but not with the app.
func (t *Talk) lasting(job context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(job))
	stop := context.AfterFunc(job, func() {
		if t.ctx.Err() == nil {
			cancel()
		}
	})
	return lasting, func() { stop(); cancel() }
}

// signedOut reports a sign-out, and which credential is active after it.
func (t *Talk) signedOut(report SignedOut, err error, now Session, unread error) {
	t.signingOut, t.signOut = false, nil
	t.endJob()
	t.sayReport(report)
	if err != nil {
		t.explain(err)
	}
	if unread != nil { // who was signed in may be so no more
		now = Session{Service: t.session.Service, Profile: t.session.Profile}
	}
	t.adopt(now)
	t.unread = unread != nil
	switch {
	case unread != nil:
		t.explain(unread)
	case now.SignedIn:
		t.say(Noticed, "Active now: "+activeText(now)+".")
		if hint := removeText(report, now); hint != "" {
			t.say(Suggested, hint)
		}
		t.warn(now)
	case err == nil && !report.Warned:
		t.front.Login("Signed out.")
	default: // the report is read first
		t.say(Noticed, "You are not signed in. /login signs in.")
	}
}

func (t *Talk) sayReport(report SignedOut) {
	for _, line := range report.Lines {
		t.say(Noticed, line)
	}
	if report.Pending {
		t.say(Noticed, "The service did not answer in time; mogplex keeps trying to end the session there.")
	}
	for _, name := range report.StillInEnv {
		t.say(Warned, name+" still signs in; unset it to stop that.")
	}
}

// removeText says how to remove a stored key that is active after a sign-out, which is of the account alone; it is empty
// for anything else.
func removeText(report SignedOut, now Session) string {
	if !now.SignedIn || now.Provider == auth.Mogplex || slices.Contains(report.StillInEnv, now.Source) {
		return ""
	}
	return now.command("logout --provider "+text.Line(now.Provider)) + " removes it."
}
