package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/web"
)

// Token resolves a credential, and renews it if it expires within minTTL. It never signs
// in. The result has the warnings, even on error.
func (a *Account) Token(ctx context.Context, q auth.Query, minTTL time.Duration) (auth.Result, error) {
	defer a.beginOnWait(FindCredential)()
	res, err := a.Manager.Token(ctx, q, minTTL)
	if res.NotRenewed != nil {
		res.Warnings = append(res.Warnings, fmt.Sprintf("the token was not renewed: %v", res.NotRenewed))
	}
	return res, explain(q.Provider, res, err)
}

// Renew renews the account's token now. The result has the warnings, even on error.
func (a *Account) Renew(ctx context.Context) (auth.Result, error) {
	defer a.begin(RenewToken)()
	res, err := a.Manager.Renew(ctx)
	return res, explain(auth.Mogplex, res, err)
}

// Mogplex finds the account's credential without renewing it. If another provider's key
// is active instead, the error names it.
func (a *Account) Mogplex(ctx context.Context) (auth.Result, error) {
	res, err := a.Manager.Resolve(ctx, auth.Query{Provider: auth.Mogplex})
	return res, a.explainMogplex(ctx, res, err)
}

func (a *Account) explainMogplex(ctx context.Context, res auth.Result, err error) error {
	if !errors.Is(err, auth.ErrNotSignedIn) {
		return explain(auth.Mogplex, res, err)
	}
	if other, otherErr := a.Manager.Resolve(ctx, auth.Query{}); otherErr == nil {
		return fmt.Errorf("%w to Mogplex: the active key of %s is of no use for this", auth.ErrNotSignedIn, other.Credential.Provider)
	}
	return explain(auth.Mogplex, res, err)
}

// tokenFor returns the Mogplex token for the next request, renewed if it expires soon.
// It returns ErrReplaced if the token is not owner's; an empty owner means any account.
// If another process delays the renewal, the error is hosted.ErrRateLimited, so that
// callers retry.
func (a *Account) tokenFor(ctx context.Context, owner string) (string, error) {
	res, err := a.Manager.Token(ctx, auth.Query{Provider: auth.Mogplex}, time.Minute)
	switch {
	case err == nil && owner != "" && a.owner(res.Credential) != owner:
		return "", ErrReplaced
	case err == nil:
		return res.Credential.Token.Reveal(), nil
	case web.Temporary(err):
		return "", err
	case errors.Is(err, auth.ErrBusy):
		return "", &web.Error{Kind: web.ErrRateLimited, Err: err}
	}
	return "", a.explainMogplex(ctx, res, err)
}
