package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Layer is a store in the order of reading.
type Layer struct {
	Name     string // such as InKeychain
	Path     string // of a file; empty for a store that all state directories share
	Store    Store
	Disabled bool              // it is neither read nor written
	Required bool              // it is an error if the layer can't be reached
	State    func(error) State // classifies an error of this store
	// LockDir is the directory of a key's locks, beside the store.
	LockDir func(Key) string
	// Reserve, if set, reserves space for the answer of a renewal until release.
	Reserve func(ctx context.Context, size int) (release func(), err error)
	// Replaces, if set, reports whether a record may be stored despite this read
	// error, because the store backs up a file that it can't parse.
	Replaces func(error) bool
	// OnNetwork, if set, reports whether other machines may write to the store too.
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

// Key returns a provider's key in this directory and profile, for this service.
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

// shared reports whether the store has the records of all state directories, as a
// keychain does.
func (l *Layer) shared() bool { return l.Path == "" }

// Query selects the credential to resolve.
type Query struct {
	Provider string // empty for the first with a credential
	All      bool   // ask every layer, even after the one that decides
}

// Resolve asks the layers in their order and stops at the first that decides, unless
// the query has All. If no credential is found, the error is ErrNotSignedIn or a
// *LayerError, and the result still has each layer's answer.
func (r *Resolver) Resolve(ctx context.Context, q Query) (Result, error) {
	var res Result
	res.Findings, res.Warnings = r.environment(q.Provider)
	res.decideByVariable(q.Provider)
	if !q.All && (res.Found || res.blocked != nil) {
		return res, res.blocked
	}
	return r.resolveStored(ctx, q, res)
}

// decideByVariable makes the first set variable active. It stops at a value that can't
// be a key, because the user meant that credential and not one from a store.
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

// resolveStored asks the stores for the provider of the query. If it names none, it
// asks for the account, and then for the others in the table's order until one is
// found.
func (r *Resolver) resolveStored(ctx context.Context, q Query, res Result) (Result, error) {
	found := r.ask(ctx, cmp.Or(q.Provider, Mogplex), q.All)
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

// askOthers returns the findings for the first other provider with a stored
// credential. It does not ask a layer again that failed for the account.
func (r *Resolver) askOthers(ctx context.Context, account []Finding, all bool) []Finding {
	working := *r
	working.Layers = slices.Clone(r.Layers)
	for i := range account {
		working.Layers[i].Disabled = account[i].State != Absent
	}
	for _, p := range providers {
		if p.Name == Mogplex {
			continue
		}
		found := working.ask(ctx, p.Name, all)
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

// ask asks the layers for one provider's record, up to the first that has it; if all,
// it asks every layer.
func (r *Resolver) ask(ctx context.Context, provider string, all bool) (findings []Finding) {
	key := r.Key(provider)
	for _, l := range r.all() {
		f := l.ask(ctx, key)
		findings = append(findings, f)
		if f.State == Present && !all {
			break
		}
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

// decide makes the first record, in the order of the layers, active. A second record
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
		f.Stray = i != first && !f.record.ReadOnly // another program's record stays
		res.take(f)
		res.Findings = append(res.Findings, *f)
		if i == first {
			r.holdRecord(ctx, res, f, r.layerNamed(f.Layer))
		}
	}
}

// holdRecord stores the record of the credential in res.held. If displaced.json has a
// renewed token for it, that becomes the credential.
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

// layerNamed returns the layer of that name; nil if there is none.
func (r *Resolver) layerNamed(name string) *Layer {
	for _, l := range r.all() {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// all returns pointers to the layers.
func (r *Resolver) all() (layers []*Layer) {
	for i := range r.Layers {
		layers = append(layers, &r.Layers[i])
	}
	return layers
}

// noCredentialError returns the first failure that may hide a credential, or
// ErrNotSignedIn.
func (r *Resolver) noCredentialError(found []Finding) error {
	for _, f := range found {
		optional := f.State == Unavailable && !r.layerNamed(f.Layer).Required
		if f.Err != nil && !optional {
			return &LayerError{Layer: f.Layer, Provider: f.Provider, State: f.State, Err: f.Err}
		}
	}
	return ErrNotSignedIn
}
