package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/login"
)

// SignIn signs a person in through flow, whose Save and Ports it sets. The stored
// credential stays until the new one is stored. The result has the warnings, even on
// error.
//
// The caller must end the replaced sessions, [auth.Saved.Ended], with
// [Account.EndSessions].
func (a *Account) SignIn(ctx context.Context, flow login.Flow) (saved auth.Saved, err error) {
	if _, err := a.prepare(ctx, auth.Mogplex); err != nil {
		return saved, err
	}
	flow.Save = func(ctx context.Context, g *login.Grant) (where string, err error) {
		saved, err = a.Manager.SignIn(ctx, granted(auth.Credential{}, g))
		return "in " + a.StoreName(ctx, saved.Layer, saved.Path), err
	}
	flow.Ports = a.CallbackPorts
	grant, err := a.loginClient(a.Origin).SignIn(ctx, flow)
	if err == nil || grant == nil {
		return saved, err
	}
	unsaved := granted(auth.Credential{}, grant)
	ctx = context.WithoutCancel(ctx) // end the session at the service after an interrupt too
	if a.storedNowhere(ctx, unsaved, err) {
		a.revokeUnsaved(ctx, unsaved)
	}
	return saved, err
}

// storedNowhere reports whether no store holds a credential whose save failed with err.
// A failed store that can't be read may hold it: an interrupted keychain may have
// stored the item, and a slow one may store it later.
func (a *Account) storedNowhere(ctx context.Context, c auth.Credential, err error) bool {
	res, _ := a.Manager.Resolve(unattended(ctx), auth.Query{Provider: auth.Mogplex, All: true})
	for _, f := range res.Findings {
		unknown := f.Err != nil && f.Layer == auth.NotSavedIn(err)
		if f.Layer != auth.Env && (unknown || f.Record().Token.Equal(c.Token)) {
			return false
		}
	}
	return true
}

// prepare checks that a new credential can be stored, before a sign-in begins. It
// returns the stored credentials.
func (a *Account) prepare(ctx context.Context, provider string) ([]auth.Credential, error) {
	defer a.begin(WaitForKeychain)()
	stored, err := a.Manager.Prepare(ctx, provider)
	return stored, forProvider(err, provider)
}

// StoreSecret stores a provider's key or, for provider mogplex, a personal access token
// that the service accepts. If the service can't be asked and another credential is
// stored, it returns ErrUnchecked unless force is set. The result has the warnings, even
// on error.
func (a *Account) StoreSecret(ctx context.Context, provider string, secret auth.Secret, force bool) (saved auth.Saved, err error) {
	if err := CheckProvider(provider); err != nil {
		return saved, err
	}
	c := auth.Credential{Provider: provider, Type: auth.APIKey, Token: secret}
	if err := c.Check(); err != nil {
		return saved, settings.UsageError(err.Error())
	}
	var unchecked error
	if provider == auth.Mogplex {
		c.Type = auth.PAT
		if unchecked, err = a.checkNew(ctx, c); err != nil {
			return saved, err
		}
	}
	stored, err := a.prepare(ctx, provider)
	if err != nil {
		return saved, err
	}
	if unchecked != nil && len(stored) > 0 && !force {
		return saved, fmt.Errorf("%w: %w", ErrUnchecked, unchecked)
	}
	end := a.begin(WaitForKeychain)
	saved, err = a.Manager.SignIn(ctx, c)
	end()
	if err != nil {
		return saved, forProvider(err, provider)
	}
	if unchecked != nil {
		saved.Warnings = append(saved.Warnings, fmt.Sprintf("the token could not be checked: %v", unchecked))
		saved.KeepSessions = true
	}
	return saved, nil
}

// CheckLimit bounds [Account.Accepts].
const CheckLimit = 10 * time.Second

// Accepts asks the service whether it accepts a token. It returns
// hosted.ErrUnauthorized if not, and any other error if the service could not be asked.
func (a *Account) Accepts(ctx context.Context, c auth.Credential) error {
	ctx, cancel := context.WithTimeout(ctx, CheckLimit)
	defer cancel()
	return a.api().Check(ctx, c.Token.Reveal())
}

// checkTimes asks the service about a stored token whose times are implausible.
func (a *Account) checkTimes(ctx context.Context, c auth.Credential) error {
	if err := a.Accepts(ctx, c); errors.Is(err, hosted.ErrUnauthorized) {
		return fmt.Errorf("%w: %w", auth.ErrExpired, err)
	}
	return nil
}

// checkNew returns an error for a token that the service does not accept. If the service
// could not be asked, unchecked is the reason.
func (a *Account) checkNew(ctx context.Context, c auth.Credential) (unchecked, err error) {
	defer a.begin(AskService)()
	switch err = a.Accepts(ctx, c); {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, hosted.ErrUnauthorized):
		return nil, settings.HintError{Err: fmt.Errorf("%s: %w; nothing was stored", a.Origin, err), Hint: "Make a token at " + a.Origin + "/settings/api-keys."}
	}
	return fmt.Errorf("%s: %w", a.Origin, err), nil
}
