package app

import (
	"context"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// endPatience is how long a sign-out waits for the service. After that, ending the session goes on in the background.
const endPatience = time.Second

// SignOut implements [talk.Services].
func (a *App) SignOut(ctx context.Context) (talk.SignedOut, error) {
	r := a.Account.SignOut(ctx, account.Scope{})
	said := words.Removed(r, a.Here.Profile)
	endings, pending := a.endRemoved(r)
	r.Settle(a.Account, endings)
	out := talk.SignedOut{Pending: pending}
	for _, p := range a.Account.EnvProviders() {
		out.StillInEnv = append(out.StillInEnv, p.Variable)
	}
	// The conversation shows the variables and what is active.
	r.StillActive = slices.DeleteFunc(r.StillActive, func(v account.StillActive) bool { return !v.Foreign })
	for _, l := range slices.Concat(said, words.EndingFailures(endings), words.Unsearched(r), words.SignedOut(r, a.Account.Now())) {
		if l.Warns {
			l.Text, out.Warned = "Warning: "+words.Warning(l.Text), true
		}
		out.Lines = append(out.Lines, text.Clean(l.Text))
	}
	err := words.SignOutError(r, a.Here)
	a.log.Event("signed out", sessionlog.Count("removed", len(r.Removed)), sessionlog.Count("failures", len(r.Failures)),
		sessionlog.Flag("pending", out.Pending))
	return out, a.failed("sign-out", err)
}

// endRemoved ends the removed sessions at their service. If that takes long it is pending, and retried until the app ends.
func (a *App) endRemoved(r *account.SignOutReport) (endings []account.Ending, pending bool) {
	done, late := a.endLater(r.Sessions), time.NewTimer(endPatience)
	defer late.Stop()
	select {
	case endings := <-done:
		return endings, false
	case <-late.C:
		a.background.Go(func() {
			endings := <-done
			a.mu.Lock()
			defer a.mu.Unlock()
			a.pending = append(a.pending, endings...)
		})
		return nil, true
	}
}

// endLater ends sessions in the background, until [account.EndLimit] after the app's end.
func (a *App) endLater(sessions []auth.Credential) <-chan []account.Ending {
	ctx, cancel := context.WithCancel(context.WithoutCancel(a.ctx))
	stop := context.AfterFunc(a.ctx, func() { time.AfterFunc(account.EndLimit, cancel) })
	done := make(chan []account.Ending, 1)
	a.background.Go(func() {
		defer cancel()
		defer stop()
		done <- a.Account.KeepEnding(ctx, sessions)
	})
	return done
}
