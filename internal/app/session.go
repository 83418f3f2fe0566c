package app

import (
	"context"
	"errors"
	"slices"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// Session implements [talk.Services].
func (a *App) Session(ctx context.Context) (talk.Session, error) {
	now := talk.Session{Service: a.Account.Origin, Profile: profileOf(a.Account.Settings)}
	res, err := a.credential(ctx)
	now.Warnings = finishedWarnings(res.Warnings, a.Account.Notices())
	switch {
	case errors.Is(err, auth.ErrNotSignedIn):
		return now, nil
	case errors.Is(err, auth.ErrExpired), errors.Is(err, auth.ErrRejected):
		now.Ended = true
		return now, nil
	case err != nil:
		return now, a.failed("session", err)
	}
	c := res.Credential
	now.SignedIn, now.ID, now.Provider = true, account.Identity(c), c.Provider
	now.Account, now.Source, now.Service = words.AccountName(c.Account), a.sourceOf(ctx, res), a.serviceOf(c)
	if c.Provider == auth.Mogplex { // not earlier: a locked keychain would prompt twice
		a.synced.Do(func() { a.background.Go(a.sync) })
	}
	return now, nil
}

// profileOf names a profile that something chose; "" for the default one otherwise.
func profileOf(s settings.Settings) string {
	if s.Profile == "" && (s.ChosenBy == settings.ByDefault || s.ChosenBy == "") {
		return ""
	}
	return s.ProfileName()
}

// sourceOf names the source of the active credential.
func (a *App) sourceOf(ctx context.Context, res auth.Result) string {
	if res.Source == auth.Env {
		p, _ := auth.ProviderNamed(res.Credential.Provider)
		return p.Variable
	}
	return text.Printable(a.Account.StoreTitle(ctx, res.Source, res.Path))
}

// serviceOf names the service that prompts go to.
func (a *App) serviceOf(c auth.Credential) string {
	if c.Provider == auth.Mogplex {
		return a.Account.Origin
	}
	return c.Provider
}

// Status implements [talk.Services]. It appends the hint of an error, whose cause the text shows.
func (a *App) Status(ctx context.Context) (string, error) {
	status, err := a.Options.Status(ctx)
	if ctx.Err() != nil {
		return "", err
	}
	if hint := a.Explain(err).Hint; hint != "" {
		status += "\n" + hint + "\n"
	}
	return status, nil
}

// Profiles implements [talk.Services].
func (a *App) Profiles(ctx context.Context) (string, error) {
	list, err := a.Options.Profiles(ctx)
	return list, a.failed("profiles", err)
}

// finishedWarnings returns warnings as printable sentences.
func finishedWarnings(lists ...[]string) (sentences []string) {
	for _, w := range slices.Concat(lists...) {
		sentences = append(sentences, words.Finished(words.Warning(w)))
	}
	return sentences
}
