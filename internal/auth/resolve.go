package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Layer is a store in the order of reading.
type Layer struct {
	Name     string // InKeychain or InFile
	Path     string // of a file
	Store    Store
	Disabled bool              // it is neither read nor written
	Required bool              // it is an error if it can't be reached
	State    func(error) State // classifies a failure of this store
	// LockDir is the directory of a key's locks: beside what they protect.
	LockDir func(Key) string
	// Reserve, if set, reserves space for the answer of a renewal until release.
	Reserve func(ctx context.Context, size int) (release func(), err error)
	// Replaces, if set, reports whether a record may be stored despite this read
	// failure: the store backs up what it can't parse.
	Replaces func(error) bool
	// OnNetwork, if set, reports that other machines may write to the store too.
	OnNetwork func() bool
	// Tidy, if set, asks a person to confirm removals that need it. It is called
	// while no lock is held.
	Tidy func(context.Context) error
}

// Resolver finds the active credential: environment over keychain over file.
type Resolver struct {
	LookupEnv func(string) (string, bool)
	Layers    []Layer // in order of reading
	Dir       *Directory
	Profile   string // empty for the default profile
	Origin    string // of the account service, canonical
	// Displaced opens the displaced.json at a path.
	Displaced func(path string) Place
}

// Key is the key of a provider for this directory, profile and service.
func (r *Resolver) Key(provider string) Key {
	k := Key{Dir: r.Dir.Path, Profile: r.Profile, Provider: provider}
	if r.needsID() {
		k.DirID, k.noID = r.Dir.find()
	}
	if provider == Mogplex {
		k.Origin = r.Origin
	}
	return k
}

// needsID reports whether a store is enabled that tells state directories apart by
// their ids.
func (r *Resolver) needsID() bool {
	return slices.ContainsFunc(r.Layers, func(l Layer) bool { return l.shared() && !l.Disabled })
}

// shared reports whether the store holds the records of all state directories, as a
// keychain does. A file belongs to one.
func (l *Layer) shared() bool { return l.Path == "" }

// Query selects what to resolve.
type Query struct {
	Provider string // empty: whichever comes first
	All      bool   // ask every layer, also below the active one
}

// Resolve asks the layers in their order and stops at the first that decides,
// unless the query says All. If no credential is found, the error is
// ErrNotSignedIn or a *LayerError, and the result still has each layer's answer.
func (r *Resolver) Resolve(ctx context.Context, q Query) (Result, error) {
	var res Result
	res.Findings, res.Warnings = r.environment(q.Provider)
	res.decideByVariable(q.Provider)
	if !q.All && (res.Found || res.blocked != nil) {
		return res, res.blocked
	}
	return r.stored(ctx, q, res)
}

// decideByVariable makes the first set variable active. A variable with a value
// that can't be a key is an error: using another credential than the one that was
// meant would be worse.
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

// take makes a finding active, or records which earlier one hides it.
func (res *Result) take(f *Finding) {
	switch {
	case res.blocked != nil:
		f.ShadowedBy = Env
	case res.Found:
		f.ShadowedBy = res.Source
	default:
		f.Active = true
		res.Found, res.Source, res.Path, res.Credential = true, f.Layer, f.Path, f.record.Credential
	}
}

// stored asks the stores: for the provider of the query, or for the account
// first and then for the others in the table's order until one is found.
func (r *Resolver) stored(ctx context.Context, q Query, res Result) (Result, error) {
	asked := q.Provider
	if asked == "" {
		asked = Mogplex
	}
	found := r.ask(ctx, asked, q.All)
	if q.Provider == "" && !slices.ContainsFunc(found, holds) {
		if other := r.askOthers(ctx, found, q.All); other != nil {
			found = other
		}
	}
	if err := ctx.Err(); err != nil {
		return res, err
	}
	r.decide(ctx, &res, found)
	switch {
	case res.blocked != nil:
		return res, res.blocked
	case !res.Found:
		return res, r.noCredentialError(found)
	}
	return res, nil
}

func holds(f Finding) bool { return f.State == Present }

// askOthers returns the findings of the first provider with a stored credential.
// It does not ask a layer again that failed for the account.
func (r *Resolver) askOthers(ctx context.Context, account []Finding, all bool) []Finding {
	quiet := *r
	quiet.Layers = slices.Clone(r.Layers)
	for i := range account {
		quiet.Layers[i].Disabled = account[i].State != Absent
	}
	for _, p := range providers {
		if p.Name == Mogplex {
			continue
		}
		found := quiet.ask(ctx, p.Name, all)
		if !slices.ContainsFunc(found, holds) {
			continue
		}
		for i, f := range account[:len(found)] {
			if f.State != Absent { // the same failure applies to this provider
				f.Provider = p.Name
				found[i] = f
			}
		}
		return found
	}
	return nil
}

// ask reads one provider's record from the stores, up to the first that holds
// it, or from all.
func (r *Resolver) ask(ctx context.Context, provider string, all bool) []Finding {
	key := r.Key(provider)
	findings := make([]Finding, 0, len(r.Layers))
	decided := false
	for i := range r.Layers {
		l := &r.Layers[i]
		if decided && !all {
			break
		}
		f := l.ask(ctx, key)
		decided = decided || f.State == Present
		findings = append(findings, f)
	}
	return findings
}

func (l *Layer) ask(ctx context.Context, key Key) Finding {
	f := Finding{Layer: l.Name, Path: l.Path, Provider: key.Provider, State: Absent}
	if l.Disabled {
		f.State = Disabled
		return f
	}
	rec, found, err := l.Store.Load(ctx, key)
	switch {
	case errors.Is(err, ErrDamaged):
		f.State, f.Err = Corrupt, fmt.Errorf("%s: %w", l.Name, err)
	case err != nil:
		f.State, f.Err = l.State(err), err
	case found:
		f.State, f.record = Present, rec
	}
	return f
}

// decide makes the first record in the order of the layers active. A second one
// of the same key is a stray.
func (r *Resolver) decide(ctx context.Context, res *Result, found []Finding) {
	first := slices.IndexFunc(found, holds)
	for i := range found {
		f := &found[i]
		if f.Err != nil && f.State != Unavailable {
			res.Warnings = append(res.Warnings, fmt.Sprintf("the %s could not be read: %v", f.Layer, f.Err))
		}
		if f.State != Present {
			res.Findings = append(res.Findings, *f)
			continue
		}
		f.Stray = i != first && !f.record.ReadOnly // another program's is not ours to settle
		res.take(f)
		res.Findings = append(res.Findings, *f)
		if i == first {
			r.holdRecord(ctx, res, f, r.layerNamed(f.Layer))
		}
	}
}

// holdRecord remembers the record behind the credential, with the renewed token
// that waits in displaced.json, if there is one.
func (r *Resolver) holdRecord(ctx context.Context, res *Result, f *Finding, l *Layer) {
	h := held{key: r.Key(f.Provider), layer: l, record: f.record}
	renewed, found, err := r.displaced(ctx, h.key, l.Name, f.record)
	if err != nil {
		res.Warnings = append(res.Warnings, err.Error())
	}
	if found {
		h.displaced = true
		res.Findings = append(res.Findings, Finding{
			Layer: InDisplaced, Path: displacedPath(h.key), Provider: f.Provider, State: Present, Active: f.Active, record: renewed,
		})
	}
	if !f.Active {
		return
	}
	res.held = h
	if found {
		res.Credential = renewed.Credential
	}
}

func (r *Resolver) layerNamed(name string) *Layer {
	for i := range r.Layers {
		if r.Layers[i].Name == name {
			return &r.Layers[i]
		}
	}
	return nil
}

// noCredentialError is the first failure that may hide a credential, or
// ErrNotSignedIn.
func (r *Resolver) noCredentialError(found []Finding) error {
	for _, f := range found {
		passing := f.State == Unavailable && !r.layerNamed(f.Layer).Required
		if f.Err != nil && !passing {
			return &LayerError{Layer: f.Layer, Provider: f.Provider, State: f.State, Err: f.Err}
		}
	}
	return ErrNotSignedIn
}
