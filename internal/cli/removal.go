package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

// remove takes what the scope names out of every store, says nothing, and asks
// no service. The sessions that can still be ended at one are in memory alone.
func (s *session) remove(ctx context.Context, scope logoutScope) (r *logoutReport, sessions []auth.Credential) {
	s = s.reachingEveryStore()
	r = &logoutReport{Removed: []removedReport{}, StillInForce: []variableName{}, Failures: []failureReport{}}
	// An interrupt leaves failures in the report, which is printed all the same.
	_ = s.patiently("Signing out", func() error {
		for _, provider := range s.toRemove(ctx, scope, r) {
			sessions = append(sessions, s.removeProvider(ctx, provider, r)...)
		}
		if scope.all {
			sessions = append(sessions, s.removeEverythingElse(ctx, r)...)
		}
		r.aside = append(r.aside, s.putAside()...)
		return nil
	})
	if scope.all { // nothing was to be left
		for _, path := range r.aside {
			r.failed(auth.File, "", fmt.Errorf("%s: %w", path, errPutAside))
		}
		r.aside = nil
	}
	for _, p := range auth.Providers() {
		if scope.includes(p.Name) && s.isSet(p) {
			r.StillInForce = append(r.StillInForce, variableName{p.Variable})
		}
	}
	return r, sessions
}

// errPutAside is a file that may be another program's, and is not removed.
var errPutAside = errors.New("it was put aside because it could not be parsed, and may hold a credential; look into it, and remove it")

// putAside are the files that saves put aside as corrupt.
func (s *session) putAside() (paths []string) {
	for _, l := range s.auth.Layers {
		if file, ok := l.Store.(interface{ PutAside() []string }); ok {
			paths = append(paths, file.PutAside()...)
		}
	}
	return paths
}

// includes reports whether a provider's credential is to go.
func (scope logoutScope) includes(provider string) bool {
	return scope.all || provider == scope.provider || scope.provider == "" && provider == auth.Mogplex
}

// reachingEveryStore is the session with auth.json enabled: a setting that
// forbids to keep credentials there is no reason to leave one.
func (s *session) reachingEveryStore() *session {
	own, manager := *s, *s.auth
	manager.Layers = slices.Clone(manager.Layers)
	for i := range manager.Layers {
		if l := &manager.Layers[i]; l.Name == auth.File {
			l.Disabled = false
		}
	}
	own.auth = &manager
	return &own
}

// toRemove are the providers whose credentials go.
func (s *session) toRemove(ctx context.Context, scope logoutScope, r *logoutReport) []string {
	switch {
	case scope.all:
		return s.stored(ctx, r)
	case scope.provider != "":
		return []string{scope.provider}
	}
	return []string{auth.Mogplex}
}

// stored lists every provider that a store has an entry of, known or not, and
// the account in any case.
func (s *session) stored(ctx context.Context, r *logoutReport) []string {
	names := []string{auth.Mogplex}
	for _, l := range s.auth.Layers {
		if l.Disabled {
			continue
		}
		listed, err := l.Store.List(ctx)
		if err != nil && (l.Required || l.State(err) != auth.Unavailable) {
			r.failed(l.Name, "", err)
		}
		for _, name := range listed {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// removeProvider removes one provider's credential everywhere, with the account's
// what it brought, and returns the sessions that can be ended at the service.
func (s *session) removeProvider(ctx context.Context, provider string, r *logoutReport) (sessions []auth.Credential) {
	unlock, err := s.auth.Lock(ctx, provider, auth.LockWait)
	if err != nil {
		r.failed("lock", provider, err)
		if provider == auth.Mogplex {
			s.clearHosted(r)
		}
		return nil
	}
	defer unlock()
	res, _ := s.auth.Resolve(ctx, auth.Query{Provider: provider, All: true})
	for _, f := range res.Findings {
		if c := f.Credential(); f.Layer != auth.Env && c.Refreshable() {
			sessions = append(sessions, c)
		}
	}
	for _, done := range s.auth.Remove(ctx, provider) {
		if done.Removed {
			r.Removed = append(r.Removed, removedReport{done.Layer, provider})
		}
		if done.Failed() {
			r.failed(done.Layer, provider, done.Err)
		}
		r.noKeychain = r.noKeychain || done.Layer == auth.Keychain && done.State == auth.Unavailable
	}
	if provider == auth.Mogplex { // under the lock: the next sign-in brings its own
		s.dropSealKey(ctx, r)
		s.clearHosted(r)
	}
	return sessions
}

// isSealKey tells the key that seals files from a credential.
func isSealKey(account string) bool {
	return account == sealAccount || strings.HasSuffix(account, "."+sealAccount)
}

// dropSealKey removes the key of the rescue file and of the hosted state, which
// goes. It stays where the rescue file holds another provider's key, or can't be
// looked into.
func (s *session) dropSealKey(ctx context.Context, r *logoutReport) {
	if s.mode == storeFile || len(r.Failures) > 0 {
		return
	}
	if !s.rescue.Disabled {
		if rescued, err := s.rescue.Store.List(ctx); err != nil || len(rescued) > 0 {
			return
		}
	}
	if _, err := s.keychain.Keyring.Delete(ctx, s.keychain.prefix+sealAccount); err != nil && keychainState(err) != auth.Unavailable {
		r.failed(auth.Keychain, auth.Mogplex, err)
	}
}

func (s *session) clearHosted(r *logoutReport) {
	if err := hosted.Clear(s.home); err != nil {
		r.failed("hosted_state", auth.Mogplex, err)
		return
	}
	r.HostedState = true
}
