package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

// remove takes what the scope names out of every store that the settings allow,
// says nothing, and asks no service. What can still be ended at one is in the
// report.
func (s *session) remove(ctx context.Context, scope logoutScope) *logoutReport {
	r := newLogoutReport(scope)
	// An interrupt leaves failures in the report, which is printed all the same.
	_ = s.patiently("Signing out", func() error {
		if scope.all {
			s.removeEverything(ctx, r)
		} else {
			s.removeKey(ctx, s.auth.Key(scope.providerOr(auth.Mogplex)), r)
		}
		r.backups = append(r.backups, s.file.BackedUp()...)
		return nil
	})
	if scope.all { // nothing was to be left
		for _, path := range r.backups {
			r.failed(auth.InFile, "", fmt.Errorf("%s: %w", path, errBackup))
		}
		r.backups = nil
	}
	s.addStillInForce(ctx, r)
	return r
}

// addStillInForce reports what signs in after the sign-out: after that of the
// account also keys of other providers.
func (s *session) addStillInForce(ctx context.Context, r *logoutReport) {
	for _, p := range auth.Providers() {
		if r.scope.includes(p.Name) && s.isSet(p) {
			r.StillInForce = append(r.StillInForce, stillInForce{Name: p.Variable})
		}
	}
	if !r.scope.includes(auth.Mogplex) || r.scope.all || len(r.errs) > 0 {
		return
	}
	res, _ := s.auth.Resolve(unattended(ctx), auth.Query{All: true})
	for _, f := range res.Findings {
		if f.Layer != auth.Env && f.State == auth.Present && f.Provider != auth.Mogplex {
			r.StillInForce = append(r.StillInForce, stillInForce{Store: f.Layer, Provider: f.Provider})
			return // one is enough to say that something signs in
		}
	}
}

// errBackup is a file that may be another program's, and is not removed.
var errBackup = errors.New("this backup of a file that could not be parsed may hold a credential; look into it, and remove it")

// removeKey removes one key everywhere, with the account's what it brought.
func (s *session) removeKey(ctx context.Context, key auth.Key, r *logoutReport) {
	removals, err := s.auth.Remove(ctx, key)
	if err != nil {
		r.failed("lock", key.Provider, err)
	}
	for _, done := range removals {
		r.add(done)
	}
	if key.Provider == auth.Mogplex {
		s.dropSealKey(ctx, r)
		s.clearHosted(s.hostedDir(), r)
	}
}

// dropSealKey removes the key of the hosted state, which goes with it.
func (s *session) dropSealKey(ctx context.Context, r *logoutReport) {
	if s.mode == storeFile || len(r.Failures) > 0 {
		return
	}
	if _, err := s.keychain.attended.Delete(ctx, s.sealAccount()); err != nil && keychainState(err) != auth.Unavailable {
		r.failed(auth.InKeychain, auth.Mogplex, err)
	}
}

func (s *session) clearHosted(dir string, r *logoutReport) {
	if err := hosted.Clear(dir); err != nil {
		r.failed("hosted_state", auth.Mogplex, err)
		return
	}
	r.HostedState = true
}

// add puts what came of one store into the report.
func (r *logoutReport) add(done auth.Removal) {
	key := done.Key
	where := removedReport{Store: done.Layer, Provider: key.Provider, Profile: key.ProfileName(), Issuer: key.Origin}
	switch {
	case done.Failed():
		r.failed(done.Layer, key.Provider, done.Err)
	case done.State == auth.Disabled || done.State == auth.Unavailable:
		r.skipped(done.Layer, done.State)
	}
	if done.Removed {
		r.Removed = append(r.Removed, where)
	}
	if done.Foreign {
		r.StillInForce = append(r.StillInForce, stillInForce{Store: done.Layer, Provider: key.Provider, foreign: true})
	}
	r.sessions = append(r.sessions, done.Held...)
}

// skipped remembers a store that was not looked into, once.
func (r *logoutReport) skipped(store string, state auth.State) {
	for _, known := range r.NotLookedInto {
		if known.Store == store {
			return
		}
	}
	r.NotLookedInto = append(r.NotLookedInto, notLookedInto{store, state})
}

// hostedDirs are the directories below a profile's home that hosted state may be
// in: one for each service.
func hostedDirs(home string) []string {
	dirs := []string{home}
	services, _ := os.ReadDir(filepath.Join(home, "services"))
	for _, service := range services {
		if service.IsDir() {
			dirs = append(dirs, filepath.Join(home, "services", service.Name()))
		}
	}
	return dirs
}
