package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

// Scope selects what a sign-out removes: the Mogplex credential, another provider's, or
// everything.
type Scope struct {
	Provider string // empty: the Mogplex credential
	All      bool   // every provider, profile, service and state directory
}

// ProviderName returns the provider of the scope.
func (s Scope) ProviderName() string { return cmp.Or(s.Provider, auth.Mogplex) }

// includes reports whether a provider's credential would keep a person signed in after
// the sign-out. Any does after that of the account.
func (s Scope) includes(provider string) bool {
	return s.All || s.ProviderName() == auth.Mogplex || s.Provider == provider
}

// SignOutReport reports what a sign-out did, store by store.
type SignOutReport struct {
	Scope         Scope
	Removed       []Removed
	Revoked       *bool // nil: nothing to revoke, or the service offers no revocation
	LivesOn       []LiveToken
	HostedCleared bool // the cached lists
	StillActive   []StillActive
	NotSearched   []NotSearched
	Failures      []Failure
	Sessions      []auth.Credential // to be ended at the service
	Backups       []string          // paths of backed-up files that could not be parsed
}

// Removed is a credential that was removed.
type Removed struct{ Store, Provider, Profile, Issuer string }

// StillActive is a variable, or a credential in a store, that mogplex still uses.
type StillActive struct {
	Variable        string
	Store, Provider string
	Foreign         bool // it belongs to another program
}

// NotSearched is a store that may still hold a credential.
type NotSearched struct {
	Store string
	State auth.State // Disabled or Unavailable
}

// Failure is a store that may still hold a credential because of an error.
type Failure struct {
	Store, Provider string
	Err             error
}

// Err joins the failures.
func (r *SignOutReport) Err() error {
	errs := make([]error, len(r.Failures))
	for i, f := range r.Failures {
		errs[i] = f.Err
	}
	return errors.Join(errs...)
}

// Settle adds the outcome of ending the sessions to the report. Revoked stays nil if
// there was nothing to end, or if no service offers revocation.
func (r *SignOutReport) Settle(a *Account, endings []Ending) {
	for _, e := range endings {
		if e.Offered || e.Err != nil {
			all := e.ended() && (r.Revoked == nil || *r.Revoked)
			r.Revoked = &all
		}
	}
	r.LivesOn = append(r.LivesOn, a.LiveTokens(endings)...)
	for _, c := range r.Sessions {
		if c.Type == auth.PAT {
			r.LivesOn = append(r.LivesOn, LiveToken{Kind: PersonalAccessToken, Issuer: issuerOf(c)})
		}
	}
}

// SignOut removes the credentials in the scope from every store that the settings
// allow. It sends no request: the caller must end the report's Sessions, and call
// Settle with the outcome.
func (a *Account) SignOut(ctx context.Context, scope Scope) *SignOutReport {
	r := &SignOutReport{Scope: scope}
	end := a.begin(RemoveStored)
	if scope.All {
		a.removeEverything(ctx, r)
	} else {
		a.removeKey(ctx, a.Manager.Key(scope.ProviderName()), r)
	}
	r.Backups = append(r.Backups, a.file.BackedUp()...)
	end()
	if scope.All { // a leftover is a failure
		for _, path := range r.Backups {
			r.failed(auth.InFile, "", fmt.Errorf("%s: %w", path, ErrBackup))
		}
		r.Backups = nil
	}
	a.addStillActive(ctx, r)
	return r
}

// addStillActive reports the credentials that mogplex uses after the sign-out. After
// that of the account, these include keys of other providers.
func (a *Account) addStillActive(ctx context.Context, r *SignOutReport) {
	for _, p := range a.EnvProviders() {
		if r.Scope.includes(p.Name) {
			r.StillActive = append(r.StillActive, StillActive{Variable: p.Variable})
		}
	}
	if !r.Scope.includes(auth.Mogplex) || r.Scope.All || len(r.Failures) > 0 {
		return
	}
	res, _ := a.Manager.Resolve(unattended(ctx), auth.Query{All: true})
	for _, f := range res.Findings {
		if f.Layer != auth.Env && f.State == auth.Present && f.Provider != auth.Mogplex {
			r.StillActive = append(r.StillActive, StillActive{Store: f.Layer, Provider: f.Provider})
			return // one is enough to report that something signs in
		}
	}
}

// removeKey removes one key from every store. With the account's key it also removes
// the cached lists.
func (a *Account) removeKey(ctx context.Context, key auth.Key, r *SignOutReport) {
	removals, err := a.Manager.Remove(ctx, key)
	if err != nil {
		r.failed("lock", key.Provider, err)
	}
	for _, done := range removals {
		r.add(done)
	}
	if key.Provider == auth.Mogplex {
		a.removeSealKey(ctx, r)
		r.clearHosted(a.hostedDir())
	}
}

// removeSealKey removes the key of the cached lists, which go with it.
func (a *Account) removeSealKey(ctx context.Context, r *SignOutReport) {
	if !a.Allows(auth.InKeychain) || len(r.Failures) > 0 {
		return
	}
	if _, err := a.keychain.attended.Delete(ctx, a.sealAccount()); err != nil && keychainState(err) != auth.Unavailable {
		r.failed(auth.InKeychain, auth.Mogplex, err)
	}
}

func (r *SignOutReport) clearHosted(dir string) {
	if err := hosted.Clear(dir); err != nil {
		r.failed("hosted_state", auth.Mogplex, err)
		return
	}
	r.HostedCleared = true
}

func (r *SignOutReport) failed(store, provider string, err error) {
	r.Failures = append(r.Failures, Failure{store, provider, err})
}

// add adds the outcome for one store to the report.
func (r *SignOutReport) add(done auth.Removal) {
	key := done.Key
	switch {
	case done.Failed():
		r.failed(done.Layer, key.Provider, done.Err)
	case done.State == auth.Disabled || done.State == auth.Unavailable:
		r.skipped(done.Layer, done.State)
	}
	if done.Removed {
		r.Removed = append(r.Removed, Removed{Store: done.Layer, Provider: key.Provider, Profile: key.ProfileName(), Issuer: key.Origin})
	}
	if done.Foreign {
		r.StillActive = append(r.StillActive, StillActive{Store: done.Layer, Provider: key.Provider, Foreign: true})
	}
	r.Sessions = append(r.Sessions, done.Held...)
}

// skipped adds a store that was not searched to the report, once.
func (r *SignOutReport) skipped(store string, state auth.State) {
	for _, known := range r.NotSearched {
		if known.Store == store {
			return
		}
	}
	r.NotSearched = append(r.NotSearched, NotSearched{store, state})
}
