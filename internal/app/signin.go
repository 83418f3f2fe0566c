package app

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
	"github.com/mogplex/mogplex-cli/login"
)

// SignIn implements [talk.Services].
func (a *App) SignIn(ctx context.Context, pasted <-chan string, tell func(talk.SignInNews)) (talk.Stored, error) {
	notice := func(sentence string) { tell(talk.SignInNews{Notice: sentence}) }
	defer a.hear(notice)()
	a.log.Event("sign-in started")
	saved, err := a.Account.SignIn(ctx, login.Flow{
		Open: a.OpenBrowser,
		Show: func(p login.Prompt) {
			tell(talk.SignInNews{Prompt: promptOf(p, a.OpenBrowser != nil)})
			if !p.Listening {
				notice(words.Finished(text.Printable(a.Account.WhyNoPort())))
			}
		},
		Notice:   func(line string) { notice(words.Finished(text.Printable(line))) },
		Deadline: func(end time.Time) { tell(talk.SignInNews{Until: end}) },
		Pasted:   pasted,
		PasteRejected: func(err error) {
			p := a.Explain(err)
			tell(talk.SignInNews{Reject: &p})
		},
		Timeout: signInTimeout,
	})
	return a.stored(ctx, saved, err)
}

// hear directs notices to a sign-in until stop is called or another sign-in begins. A cancelled one may stop late.
func (a *App) hear(notice func(string)) (stop func()) {
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

func promptOf(p login.Prompt, opening bool) *talk.SignInPrompt {
	shown := &talk.SignInPrompt{URL: p.URL, Opening: opening, Listening: p.Listening, Deadline: p.Deadline}
	if p.Device != nil {
		shown.UserCode, shown.VerifyURL = p.Device.UserCode, p.Device.VerificationURL
	}
	return shown
}

// StoreSecret implements [talk.Services].
func (a *App) StoreSecret(ctx context.Context, provider string, secret auth.Secret) (talk.Stored, error) {
	saved, err := a.Account.StoreSecret(ctx, provider, secret, false)
	return a.stored(ctx, saved, err)
}

// stored reports a stored credential, and ends the sessions that it replaced in the background.
func (a *App) stored(ctx context.Context, saved auth.Saved, err error) (talk.Stored, error) {
	if err != nil {
		return talk.Stored{Warnings: finishedWarnings(saved.Warnings)}, a.failed("sign-in", err)
	}
	done := talk.Stored{Warnings: finishedWarnings(saved.Warnings)}
	for _, l := range words.SignedIn(ctx, a.Account, saved) {
		if l.Warns {
			done.Warnings = append(done.Warnings, words.Finished(words.Warning(l.Text)))
		}
	}
	c := saved.Credential
	done.Account, done.Place = words.AccountName(c.Account), text.Printable(a.Account.StoreName(ctx, saved.Layer, saved.Path))
	a.log.Event("signed in", loggedProvider(c.Provider),
		sessionlog.Listed("type", c.Type, []auth.Type{auth.OAuth, auth.PAT, auth.APIKey}),
		sessionlog.Listed("layer", saved.Layer, account.StoreNames()))
	a.endLater(saved.Ended())
	if c.Provider == auth.Mogplex {
		a.background.Go(a.resync)
	}
	return done, nil
}

// signInTimeout is how long a sign-in waits for the person.
const signInTimeout = 5 * time.Minute
