package cli

import (
	"context"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// endPatience is how long a sign-out on the screen waits for the service. What
// takes longer goes on in the background.
const endPatience = time.Second

// SignOut implements [talk.Services].
func (a *app) SignOut(ctx context.Context) (talk.SignedOut, error) {
	var out talk.SignedOut
	s := a.session.heardBy(listener{
		said:   func(sentence string) { out.Lines = append(out.Lines, sentence) },
		warned: func(sentence string) { out.Lines, out.Warned = append(out.Lines, "Warning: "+sentence), true },
	})
	r := s.remove(ctx, logoutScope{})
	s.sayRemoved(r, logoutScope{})
	out.Pending = a.endSessions(s, r)
	for _, p := range auth.Providers() {
		if s.isSet(p) {
			out.StillInEnv = append(out.StillInEnv, p.Variable)
		}
	}
	// The screens tell the variables, and what is in force.
	r.StillInForce = slices.DeleteFunc(r.StillInForce, func(v stillInForce) bool { return !v.foreign })
	err := s.concludeSignOut(r)
	a.log.Event("signed out", sessionlog.Count("removed", len(r.Removed)), sessionlog.Count("failures", len(r.Failures)),
		sessionlog.Flag("pending", out.Pending))
	return out, a.failed("sign-out", err)
}

// endSessions ends the removed sessions at the service that issued them. If that
// takes long it is pending: it is tried again until the app ends.
func (a *app) endSessions(s *session, r *logoutReport) (pending bool) {
	done, late := a.endLater(r.sessions), time.NewTimer(endPatience)
	defer late.Stop()
	select {
	case endings := <-done:
		s.sayFailed(endings)
		r.settle(s, endings)
		return false
	case <-late.C:
		a.background.Go(func() {
			endings := <-done
			a.mu.Lock()
			defer a.mu.Unlock()
			a.pending = append(a.pending, endings...)
		})
		return true
	}
}

// endLater ends sessions behind the screens, until [endLimit] after the app's
// end.
func (a *app) endLater(sessions []auth.Credential) <-chan []ending {
	ctx, cancel := context.WithCancel(context.WithoutCancel(a.ctx))
	stop := context.AfterFunc(a.ctx, func() { time.AfterFunc(endLimit, cancel) })
	done := make(chan []ending, 1)
	a.background.Go(func() {
		defer cancel()
		defer stop()
		done <- a.session.endSessions(ctx, sessions)
	})
	return done
}
