package cli

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/login"
)

// SignIn implements [talk.Services].
func (a *app) SignIn(ctx context.Context, in talk.SignIn) (talk.Stored, error) {
	defer a.hear(in.Notice)()
	done := &talk.Stored{}
	s := a.collecting(&done.Warnings)
	flow := login.Flow{
		Notice:        func(line string) { in.Notice(finished(printable(line))) },
		Deadline:      in.Until,
		Pasted:        in.Pasted,
		PasteRejected: func(err error) { in.Reject(a.Explain(err)) },
		Timeout:       signInTimeout,
		Device:        true,
	}
	if in.Open && s.canOpenBrowser() {
		flow.Open = s.openBrowser
	}
	flow.Show = func(p login.Prompt) { in.Show(promptOf(p, flow.Open != nil)) }
	a.log.Event("sign-in started")
	saved, err := s.runSignIn(ctx, flow)
	return a.kept(ctx, s, done, saved, err)
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
	if err := knownProvider(provider); err != nil {
		return talk.Stored{}, err
	}
	done := &talk.Stored{}
	s := a.collecting(&done.Warnings)
	saved, err := s.keepSecret(ctx, provider, secret, false)
	return a.kept(ctx, s, done, saved, err)
}

// kept says what became of a credential, and ends the sessions that it
// replaced behind the screens.
func (a *app) kept(
	ctx context.Context, s *session, done *talk.Stored, saved auth.Saved, err error,
) (talk.Stored, error) {
	if err != nil {
		return *done, a.failed("sign-in", err)
	}
	s.announce(ctx, saved)
	c := saved.Credential
	done.Account, done.Place = accountName(c.Account), printable(s.place(ctx, saved.Layer, saved.Path))
	a.log.Event("signed in", loggedProvider(c.Provider),
		sessionlog.Listed("type", c.Type, []auth.Type{auth.OAuth, auth.PAT, auth.APIKey}),
		sessionlog.Listed("layer", saved.Layer, []string{auth.InKeychain, auth.InFile}))
	a.endLater(saved.Ended())
	if c.Provider == auth.Mogplex {
		a.background.Go(a.resync)
	}
	return *done, nil
}

// signInTimeout is how long a sign-in waits for the person.
const signInTimeout = 5 * time.Minute
