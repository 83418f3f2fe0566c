package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

func (p *program) logoutCommand() *cli.Command {
	return &cli.Command{
		Name:  "logout",
		Usage: "sign out: remove the credential from every store",
		Description: `Removes the Mogplex credential from the keychain and from auth.json, reads both
back, ends the session at the service where it can, and removes what the
sign-in brought. Goes on after a failure, and exits with an error if anything
may be left.

Examples:
  mogplex logout
  mogplex logout --provider openai       that provider's key
  mogplex logout --all                   every provider, profile and state directory`,
		Flags: []cli.Flag{
			providerFlag(), jsonFlag(),
			&cli.BoolFlag{Name: "all", Usage: "remove everything that mogplex keeps for this user"},
		},
		Action: p.command(func(ctx context.Context, s *session, c *cli.Context) error {
			scope := logoutScope{provider: c.String("provider"), all: c.Bool("all")}
			if scope.provider != "" {
				if scope.all {
					return usageError{"use one of --provider and --all"}
				}
				if err := knownProvider(scope.provider); err != nil {
					return err
				}
			}
			return s.signOut(ctx, scope)
		}),
	}
}

// logoutScope says what to remove: the Mogplex credential, another provider's,
// or everything.
type logoutScope struct {
	provider string
	all      bool
}

// logoutReport is the object of --json.
type logoutReport struct {
	Removed      []removedReport `json:"removed"`
	Revoked      *bool           `json:"revoked"` // null: nothing to revoke, or the service offers no revocation
	HostedState  bool            `json:"hosted_state_cleared"`
	StillInForce []variableName  `json:"still_in_force"`
	Failures     []failureReport `json:"failures"`
	Error        *report         `json:"error,omitempty"`
	errs         []error
	noKeychain   bool // there was none to look into
}

type removedReport struct {
	Store    string `json:"store"`
	Provider string `json:"provider"`
}

type variableName struct {
	Name string `json:"name"`
}

type failureReport struct {
	Store    string `json:"store"`
	Provider string `json:"provider,omitempty"`
	Why      string `json:"why"`
}

func (r *logoutReport) failed(store, provider string, err error) {
	r.Failures = append(r.Failures, failureReport{store, provider, sentence(err)})
	r.errs = append(r.errs, err)
}

// signOut removes what the scope names and reports store by store.
func (s *session) signOut(ctx context.Context, scope logoutScope) error {
	s = s.reachingEveryStore()
	r := &logoutReport{Removed: []removedReport{}, StillInForce: []variableName{}, Failures: []failureReport{}}
	var revocable []auth.Credential
	// An interrupt leaves failures in the report, which is printed all the same.
	_ = s.patiently("Signing out", func() error {
		for _, provider := range s.toRemove(ctx, scope, r) {
			revocable = append(revocable, s.removeProvider(ctx, provider, r)...)
		}
		if scope.all {
			revocable = append(revocable, s.removeEverythingElse(ctx, r)...)
		}
		return nil
	})
	s.endSessions(ctx, revocable, r)
	if scope.all || scope.provider == "" || scope.provider == auth.Mogplex {
		s.dropSealKey(ctx, r)
		s.clearHosted(r)
	}
	for _, p := range auth.Providers() {
		if scope.all || p.Name == scope.provider || scope.provider == "" && p.Name == auth.Mogplex {
			for _, name := range s.setVariables(p.Name) {
				r.StillInForce = append(r.StillInForce, variableName{name})
			}
		}
	}
	return s.printSignOut(r)
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

// removeProvider removes one provider's credential everywhere and returns the
// sessions that can be ended at the service.
func (s *session) removeProvider(ctx context.Context, provider string, r *logoutReport) (sessions []auth.Credential) {
	unlock, err := s.auth.Lock(ctx, provider, auth.LockWait)
	if err != nil {
		r.failed("lock", provider, err)
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
	return sessions
}

// endSessions revokes refresh tokens at the service (RFC 7009), once each.
func (s *session) endSessions(ctx context.Context, sessions []auth.Credential, r *logoutReport) {
	ctx, cancel := context.WithTimeout(ctx, retireTimeout)
	defer cancel()
	var ended []string
	for _, c := range sessions {
		if slices.Contains(ended, c.Refresh.Reveal()) {
			continue
		}
		ended = append(ended, c.Refresh.Reveal())
		var offered bool
		err := s.patiently("Ending the session at the service", func() (err error) {
			offered, err = s.revoke(ctx, c)
			return err
		})
		if err != nil {
			s.say("The session could not be ended at the service: %s", sentence(err))
		}
		if offered || err != nil {
			all := err == nil && (r.Revoked == nil || *r.Revoked)
			r.Revoked = &all
		}
	}
}

// dropSealKey removes the key of the rescue file, which is gone by now.
func (s *session) dropSealKey(ctx context.Context, r *logoutReport) {
	if s.mode == storeFile || len(r.Failures) > 0 {
		return
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

// removeEverythingElse takes out of the keychain what other profiles and other
// state directories keep there, and out of this directory's profiles their
// files. It returns the sessions that can be ended at the service.
func (s *session) removeEverythingElse(ctx context.Context, r *logoutReport) (sessions []auth.Credential) {
	sessions = s.removeProfiles(ctx, r)
	if s.mode == storeFile {
		return sessions
	}
	accounts, err := s.keychain.Keyring.List(ctx)
	if err != nil && (s.mode == storeKeychain || keychainState(err) != auth.Unavailable) {
		r.failed(auth.Keychain, "", err)
	}
	for _, account := range accounts {
		sessions = append(sessions, s.removeItem(ctx, account, r)...)
	}
	return sessions
}

// removeItem removes one item of the keychain, whichever profile's it is.
func (s *session) removeItem(ctx context.Context, account string, r *logoutReport) (sessions []auth.Credential) {
	if entry, found, err := s.keychain.Keyring.Get(ctx, account); err == nil && found {
		provider := account[strings.LastIndex(account, ".")+1:]
		if c, err := auth.Decode(provider, entry); err == nil && c.Refreshable() {
			sessions = append(sessions, c)
		}
	}
	removed, err := s.keychain.Keyring.Delete(ctx, account)
	if err != nil {
		r.failed(auth.Keychain, account, err)
	} else if removed {
		r.Removed = append(r.Removed, removedReport{auth.Keychain, account})
	}
	return sessions
}

// removeProfiles empties the auth.json of every profile of this state
// directory but the one in force.
func (s *session) removeProfiles(ctx context.Context, r *logoutReport) (sessions []auth.Credential) {
	profiles := filepath.Join(s.base, "profiles")
	entries, err := os.ReadDir(profiles)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.failed(auth.File, "", err)
	}
	dirs := []string{s.base}
	for _, entry := range entries {
		dirs = append(dirs, filepath.Join(profiles, entry.Name()))
	}
	for _, dir := range dirs {
		if dir == s.home {
			continue
		}
		profile := s.settings
		profile.home, profile.store = dir, storeFile
		other := session{program: s.program, settings: profile, stores: s.openStores(profile)}
		other.auth = s.manager(profile, other.stores)
		for _, provider := range other.stored(ctx, r) {
			sessions = append(sessions, other.removeProvider(ctx, provider, r)...)
		}
		other.clearHosted(r)
	}
	return sessions
}

// printSignOut tells what came of it. Anything that may be left is an error.
func (s *session) printSignOut(r *logoutReport) error {
	err := errors.Join(r.errs...)
	if err != nil {
		err = fmt.Errorf("signing out is not complete: %w", err)
	}
	r.Error = reportOf(err)
	if r.noKeychain && err == nil {
		s.warn("no keychain can be reached, and it could not be looked into; a credential that it holds is in force again when it is back")
	}
	if s.json {
		s.printJSON(r)
		return err
	}
	for _, done := range r.Removed {
		s.say("Removed the %s credential from the %s.", printable(done.Provider), done.Store)
	}
	switch {
	case len(r.Removed) == 0 && err == nil:
		s.say("Nothing was stored.")
	case r.Revoked != nil && *r.Revoked:
		s.say("The session was ended at the service.")
	}
	for _, v := range r.StillInForce {
		s.warn(v.Name + " is set, and still signs in")
	}
	for _, f := range r.Failures {
		s.say("Failed in the %s: %s", f.Store, strings.TrimSuffix(f.Why, "."))
	}
	return err
}
