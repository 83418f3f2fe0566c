package auth

import (
	"context"
	"fmt"
	"slices"
)

// Store is what the resolver needs of a place that keeps entries: a keychain
// or a file. Absent is found == false; an error is never absence.
type Store interface {
	Get(ctx context.Context, provider string) (entry []byte, found bool, err error)
	Set(ctx context.Context, provider string, entry []byte) error
	Delete(ctx context.Context, provider string) (removed bool, err error)
	List(ctx context.Context) (providers []string, err error)
}

// Layer is a store with its place in the order.
type Layer struct {
	Name     string // Keychain or File
	Path     string // of a file
	Store    Store
	Disabled bool              // it is neither read nor written
	Required bool              // that it can't be reached is an error
	Spare    bool              // not reported where it holds nothing
	State    func(error) State // names a failure of this store
	// Prepare, where set, does what Set needs and may not be possible later.
	Prepare func(context.Context) error
}

// Resolver finds the credential in force: environment over keychain over file.
type Resolver struct {
	LookupEnv func(string) (string, bool)
	Layers    []Layer // in order; the first one that takes a credential keeps it
	Origin    string  // of the account service in force
}

// Query says what to resolve.
type Query struct {
	Provider string // empty: whichever comes first
	All      bool   // ask every layer, also below the one in force
}

// Resolve asks the layers in their order and stops at the first that decides,
// unless the query says All. Where no credential is found the error is
// ErrNotSignedIn, ErrOtherOrigin or a *LayerError, and the result still says
// what each layer said.
func (r *Resolver) Resolve(ctx context.Context, q Query) (Result, error) {
	var res Result
	res.Findings, res.Warnings = r.environment()
	res.decideByVariable(q.Provider)
	if !q.All && (res.Found || res.blocked != nil) {
		return res, res.blocked
	}
	return r.stored(ctx, q, res)
}

// decideByVariable puts the first set variable in force. One that is set to
// what can't be a key decides too: going on to another credential than the one
// that was meant would be worse than an error.
func (res *Result) decideByVariable(provider string) {
	for i := range res.Findings {
		f := &res.Findings[i]
		asked := provider == "" || f.Provider == provider
		switch {
		case f.State == Corrupt && asked && !res.Found && res.blocked == nil:
			res.blocked = &LayerError{Layer: Env, Provider: f.Provider, State: Corrupt, Err: f.Err}
		case f.State == Corrupt:
			res.Warnings = append(res.Warnings, f.Err.Error())
		case f.State == Present && asked:
			res.take(f)
		}
	}
}

// take puts a finding in force, unless another decided before: then it is
// hidden.
func (res *Result) take(f *Finding) {
	switch {
	case res.blocked != nil:
		f.ShadowedBy = Env
		return
	case res.Found:
		f.ShadowedBy = res.Source
		return
	}
	f.InForce = true
	res.Found, res.Source, res.Path, res.Credential = true, f.Layer, f.Path, f.credential
}

// stored asks the stores, for the provider of the query, or for the account
// first and then for every provider that a store lists.
func (r *Resolver) stored(ctx context.Context, q Query, res Result) (Result, error) {
	provider := q.Provider
	if provider == "" {
		provider = Mogplex
	}
	found := r.sure(ctx, provider)
	if q.Provider == "" && !slices.ContainsFunc(found, holds) {
		other := r.firstListed(ctx, found)
		if other == "" {
			other = r.firstListed(ctx, found)
		}
		if other != "" {
			found = r.sure(ctx, other)
		}
	}
	if err := ctx.Err(); err != nil {
		return res, err
	}
	res.decide(found, r.Origin)
	switch {
	case res.blocked != nil:
		return res, res.blocked
	case !res.Found:
		return res, r.whyNot(found)
	}
	return res, nil
}

func holds(f Finding) bool { return f.State == Present }

// answered reports that a layer holds something or could not be asked.
func answered(f Finding) bool { return f.State != Absent && f.State != Disabled }

// sure asks again where no layer answered: between two answers another process
// can have moved the credential from the layer asked last to the one asked
// first. So it can between two lists.
func (r *Resolver) sure(ctx context.Context, provider string) []Finding {
	found := r.ask(ctx, provider)
	if !slices.ContainsFunc(found, answered) {
		found = r.ask(ctx, provider)
	}
	return found
}

// ask reads one provider from every store.
func (r *Resolver) ask(ctx context.Context, provider string) []Finding {
	findings := make([]Finding, 0, len(r.Layers))
	for _, l := range r.Layers {
		findings = append(findings, l.ask(ctx, provider))
	}
	return findings
}

func (l Layer) ask(ctx context.Context, provider string) Finding {
	f := Finding{Layer: l.Name, Path: l.Path, Provider: provider, State: Absent}
	if l.Disabled {
		f.State, f.silent = Disabled, l.Spare
		return f
	}
	entry, found, err := l.Store.Get(ctx, provider)
	f.silent = l.Spare && err == nil && !found
	switch {
	case err != nil:
		f.State, f.Err = l.State(err), err
	case found:
		f.State = Present
		if f.credential, err = Decode(provider, entry); err != nil {
			f.State, f.Err = Corrupt, fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	return f
}

// firstListed returns the first provider of the table, the account aside,
// that a readable store has an entry of. A store that can't be listed says so
// in its finding.
func (r *Resolver) firstListed(ctx context.Context, asked []Finding) string {
	var listed []string
	for i, l := range r.Layers {
		if asked[i].State != Absent {
			continue
		}
		names, err := l.Store.List(ctx)
		if err != nil {
			asked[i].State, asked[i].Err = l.State(err), err
		}
		listed = append(listed, names...)
	}
	for _, p := range providers {
		if p.Name != Mogplex && slices.Contains(listed, p.Name) {
			return p.Name
		}
	}
	return ""
}

// decide picks among the stores' answers: the first in order, unless a later
// one is strictly newer. What another service issued is never in force.
func (res *Result) decide(found []Finding, origin string) {
	best := -1
	for i, f := range found {
		switch {
		case f.State != Present:
		case !f.credential.belongsTo(origin):
			res.Warnings = append(res.Warnings, fmt.Sprintf("the %s holds a credential of %q; it is not used for %s", f.Layer, f.credential.Issuer, origin))
		case best < 0 || f.credential.SavedAt.After(found[best].credential.SavedAt):
			best = i
		}
	}
	if best >= 0 {
		res.take(&found[best])
	}
	for i := range found {
		f := &found[i]
		if f.Err != nil && f.State != Unavailable {
			res.Warnings = append(res.Warnings, fmt.Sprintf("the %s could not be read: %v", f.Layer, f.Err))
		}
		if f.State == Present && i != best && f.credential.belongsTo(origin) {
			res.take(f)
		}
		if !f.silent {
			res.Findings = append(res.Findings, *f)
		}
	}
}

// belongsTo reports whether the service at origin may be sent the credential.
// An entry that does not say who issued it goes with the service in force.
func (c Credential) belongsTo(origin string) bool {
	return c.Provider != Mogplex || c.Issuer == "" || c.Issuer == origin
}

// whyNot says why no store gave a credential: the gravest thing that one said.
func (r *Resolver) whyNot(found []Finding) error {
	for i, f := range found {
		passing := f.State == Unavailable && !r.Layers[i].Required
		if f.Err != nil && !passing {
			return &LayerError{Layer: f.Layer, Provider: f.Provider, State: f.State, Err: f.Err}
		}
	}
	if slices.ContainsFunc(found, holds) {
		return ErrOtherOrigin
	}
	return ErrNotSignedIn
}
