package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/login"
)

// SignIn signs a person in, whom flow talks to. It changes nothing that is stored
// before it stores the new credential. flow.Save is set here. With an error too, the
// result has the warnings.
//
// The caller ends the sessions that were replaced, [auth.Saved.Ended], with
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
	ctx = context.WithoutCancel(ctx) // an interrupt is no reason to leave a session behind
	if a.storedNowhere(ctx, unsaved, err) {
		a.revokeUnsaved(ctx, unsaved)
	}
	return saved, err
}

// storedNowhere reports that no store holds a credential whose save failed with err.
// The store that failed may hold it if it can't be read: a keychain that was cut off
// in the middle keeps what it took, and one that does not answer acts later.
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

// prepare readies the stores, and refuses to begin a sign-in that could not be
// stored. It returns what is stored now.
func (a *Account) prepare(ctx context.Context, provider string) ([]auth.Credential, error) {
	defer a.begin(WaitForKeychain)()
	stored, err := a.Manager.Prepare(ctx, provider)
	return stored, forProvider(err, provider)
}

// StoreSecret asks the service about a personal access token (provider mogplex), and
// stores it or a provider's key. A token that could not be checked replaces nothing
// unless force is set: the error is ErrUnchecked. With an error too, the result has
// the warnings.
func (a *Account) StoreSecret(ctx context.Context, provider string, secret auth.Secret, force bool) (saved auth.Saved, err error) {
	if err := CheckProvider(provider); err != nil {
		return saved, err
	}
	c := auth.Credential{Provider: provider, Type: auth.APIKey, Token: secret}
	if err := c.Check(); err != nil {
		return saved, UsageError(err.Error())
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

// CheckLimit bounds the question whether the service accepts a token.
const CheckLimit = 10 * time.Second

// Accepts asks the service about the account's token. The error is nil,
// hosted.ErrUnauthorized, or why the service could not be asked.
func (a *Account) Accepts(ctx context.Context, c auth.Credential) error {
	ctx, cancel := context.WithTimeout(ctx, CheckLimit)
	defer cancel()
	return a.api().Check(ctx, c.Token.Reveal())
}

// checkTimes asks the service about a stored token whose times can't be believed.
func (a *Account) checkTimes(ctx context.Context, c auth.Credential) error {
	if err := a.Accepts(ctx, c); errors.Is(err, hosted.ErrUnauthorized) {
		return fmt.Errorf("%w: %w", auth.ErrExpired, err)
	}
	return nil
}

// checkNew refuses a token that the service does not accept. unchecked is why the
// service could not be asked.
func (a *Account) checkNew(ctx context.Context, c auth.Credential) (unchecked, err error) {
	defer a.begin(AskService)()
	switch err = a.Accepts(ctx, c); {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, hosted.ErrUnauthorized):
		return nil, HintError{fmt.Errorf("%s: %w; nothing was stored", a.Origin, err), "Make a token at " + a.Origin + "/settings/api-keys."}
	}
	return fmt.Errorf("%s: %w", a.Origin, err), nil
}
