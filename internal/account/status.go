package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// Status reports which credential is active, and what each layer holds.
type Status struct {
	auth.Result
	SignedIn bool     // the active credential works, as far as known
	Backend  string   // of the keychain; empty if it is not used or does not answer
	Notices  []string // repairs of the file
	Checked  Checked
}

// Checked is the service's answer about a credential.
type Checked string

// The answers of the service. The empty value means that it was not asked to check.
const (
	Accepted   Checked = "accepted"
	NotChecked Checked = "not_checked"
)

// Status reads every layer. With check it asks the service whether it accepts the active
// credential. The result has the findings, even on error. If ctx ends first, the error
// is ctx.Err() itself and the result is empty.
func (a *Account) Status(ctx context.Context, provider string, check bool) (Status, error) {
	end := a.begin(WaitForKeychain)
	res, err := a.Manager.Resolve(ctx, auth.Query{Provider: provider, All: true})
	end()
	if ctx.Err() != nil {
		return Status{}, ctx.Err()
	}
	st := Status{Result: res, SignedIn: res.Found, Notices: a.file.Notices()}
	if err == nil {
		err = a.unusable(res)
		st.SignedIn = err == nil
	}
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

// Lasts returns ErrEndsSoon if the sign-in, or a token that can't be renewed, ends within
// a time from now. known is false if nobody says when it ends.
func (a *Account) Lasts(res auth.Result, within time.Duration) (known bool, err error) {
	c := res.Credential
	end, what := c.SignInExpiresAt, "the sign-in ends"
	if !c.Refreshable() || res.Rejected() {
		end, what = c.ExpiresAt, "the token can't be renewed, and expires"
	}
	now := a.env.Now()
	switch left := end.Sub(now); {
	case end.IsZero():
		return false, nil
	case left <= 0:
		return true, settings.Reworded{Err: ErrEndsSoon, Text: what + " now"}
	case left <= within:
		return true, settings.Reworded{Err: ErrEndsSoon, Text: what + " in " + text.Duration(left)}
	}
	return true, nil
}

// unusable returns why the active credential has expired for good; nil if it has not
// or can be renewed.
func (a *Account) unusable(res auth.Result) error {
	switch {
	case !res.Credential.Expired(a.env.Now()):
		return nil
	case res.Rejected():
		return auth.ErrRejected
	case !res.Credential.Refreshable():
		return auth.ErrExpired
	}
	return nil
}

// check asks the service about the account's credential. The service does not know the
// keys of other providers.
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
	case errors.Is(err, hosted.ErrUnauthorized), errors.Is(err, hosted.ErrForbidden): // these are answers
		return "", fmt.Errorf("%s: %w", a.Origin, err)
	case err != nil:
		return NotChecked, fmt.Errorf("%s: %w", a.Origin, err)
	}
	return Accepted, nil
}
