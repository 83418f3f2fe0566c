package cli

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/login"
)

// SignIn implements [talk.Services].
func (a *app) SignIn(ctx context.Context, in talk.SignIn) (talk.Stored, error) {
	defer a.hear(in.Notice)()
	flow := login.Flow{
		Notice:        func(line string) { in.Notice(finished(text.Printable(line))) },
		Deadline:      in.Until,
		Pasted:        in.Pasted,
		PasteRejected: func(err error) { in.Reject(a.Explain(err)) },
		Timeout:       signInTimeout,
		Device:        true,
	}
	if in.Open && a.canOpenBrowser() {
		flow.Open = a.openBrowser
	}
	flow.Show = func(p login.Prompt) { in.Show(promptOf(p, flow.Open != nil)) }
	a.log.Event("sign-in started")
	saved, err := a.account.SignIn(ctx, flow)
	return a.stored(ctx, saved, err)
}

// hear sets who hears what passes by, until stop or the next one: a sign-in that
// was given up can end after another began.
func (a *app) hear(notice func(string)) (stop func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hearers++
	mine := a.hearers
	a.notice = notice
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.hearers == mine {
			a.notice = nil
		}
	}
}

func promptOf(p login.Prompt, opening bool) talk.SignInPrompt {
	shown := talk.SignInPrompt{URL: p.URL, Opening: opening, Listening: p.Listening, Deadline: p.Deadline}
	if p.Device != nil {
		shown.UserCode, shown.VerifyURL = p.Device.UserCode, p.Device.VerificationURL
	}
	return shown
}

// StoreSecret implements [talk.Services].
func (a *app) StoreSecret(ctx context.Context, provider string, secret auth.Secret) (talk.Stored, error) {
	saved, err := a.account.StoreSecret(ctx, provider, secret, false)
	return a.stored(ctx, saved, withForceHint(err))
}

// stored says what became of a credential, and ends the sessions that it replaced
// behind the screens.
func (a *app) stored(ctx context.Context, saved auth.Saved, err error) (talk.Stored, error) {
	if err != nil {
		return talk.Stored{Warnings: finishedWarnings(saved.Warnings)}, a.failed("sign-in", err)
	}
	done := talk.Stored{Warnings: finishedWarnings(saved.Warnings)}
	for _, l := range announcement(ctx, a.account, saved) {
		if l.warns {
			done.Warnings = append(done.Warnings, finished(warning(l.text)))
		}
	}
	c := saved.Credential
	done.Account, done.Place = accountName(c.Account), text.Printable(a.account.StoreName(ctx, saved.Layer, saved.Path))
	a.log.Event("signed in", loggedProvider(c.Provider),
		sessionlog.Listed("type", c.Type, []auth.Type{auth.OAuth, auth.PAT, auth.APIKey}),
		sessionlog.Listed("layer", saved.Layer, []string{auth.InKeychain, auth.InFile}))
	a.endLater(saved.Ended())
	if c.Provider == auth.Mogplex {
		a.background.Go(a.resync)
	}
	return done, nil
}

// signInTimeout is how long a sign-in waits for the person.
const signInTimeout = 5 * time.Minute
