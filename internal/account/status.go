package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

// Status is what is active, and what each layer holds.
type Status struct {
	auth.Result
	SignedIn bool     // the active credential works, as far as is known
	Backend  string   // of the keychain; empty if it is not used or does not answer
	Notices  []string // what the file repaired by itself
	Checked  Checked
}

// Checked is what came of asking the service about a credential.
type Checked string

// The outcomes of asking the service; empty if it was not to be asked.
const (
	Accepted   Checked = "accepted"
	NotChecked Checked = "not_checked"
)

// Status asks every layer and, with check, the service whether it accepts the active
// credential. The result has what was found, with an error too; if ctx ended first,
// the error is ctx.Err() itself and there is no result.
func (a *Account) Status(ctx context.Context, provider string, check bool) (Status, error) {
	end := a.begin(WaitForKeychain)
	res, err := a.Manager.Resolve(ctx, auth.Query{Provider: provider, All: true})
	end()
	if ctx.Err() != nil {
		return Status{}, ctx.Err()
	}
	if err == nil && !a.usable(res.Credential) {
		err = auth.ErrExpired
	}
	st := Status{Result: res, SignedIn: res.Found && a.usable(res.Credential), Notices: a.file.Notices()}
	for _, f := range res.Findings {
		if f.Layer == auth.InKeychain && f.State != auth.Disabled && f.State != auth.Timeout {
			st.Backend = a.keychain.attended.Backend(ctx)
			break
		}
	}
	if err = explain(provider, res, err); err == nil && check {
		st.Checked, err = a.check(ctx, res.Credential)
	}
	if errors.Is(err, hosted.ErrUnauthorized) {
		st.SignedIn = false
	}
	return st, err
}

// usable reports that a credential has not expired, or can be renewed.
func (a *Account) usable(c auth.Credential) bool {
	return !c.Expired(a.env.Now()) || c.Refreshable()
}

// check asks the service about the account's credential. It does not know keys of
// other providers.
func (a *Account) check(ctx context.Context, c auth.Credential) (Checked, error) {
	if c.Provider != auth.Mogplex {
		return NotChecked, nil
	}
	if c.Expired(a.env.Now()) {
		return NotChecked, fmt.Errorf("%s %w: the token has expired", a.Origin, ErrNotAsked)
	}
	defer a.begin(AskService)()
	err := a.api().Check(ctx, c.Token.Reveal())
	switch {
	case errors.Is(err, hosted.ErrUnauthorized), errors.Is(err, hosted.ErrForbidden): // it was asked
		return "", fmt.Errorf("%s: %w", a.Origin, err)
	case err != nil:
		return NotChecked, fmt.Errorf("%s: %w", a.Origin, err)
	}
	return Accepted, nil
}
