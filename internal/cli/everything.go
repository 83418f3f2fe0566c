package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// removeEverythingElse takes out of the keychain what other profiles and other
// state directories keep there, and out of this directory's profiles their
// files. It returns the sessions that can be ended at the service.
func (s *session) removeEverythingElse(ctx context.Context, r *logoutReport) (sessions []auth.Credential) {
	others := s.otherProfiles(r)
	for _, other := range others {
		for _, provider := range other.stored(ctx, r) {
			sessions = append(sessions, other.removeProvider(ctx, provider, r)...)
		}
		r.aside = append(r.aside, other.putAside()...)
		defer other.auth.Announce() // its items in the keychain are gone by then
	}
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
	} else if removed && !isSealKey(account) {
		r.Removed = append(r.Removed, removedReport{auth.Keychain, account})
	}
	return sessions
}

// otherProfiles are the profiles of this state directory but the one in force,
// each with its auth.json as its only store.
func (s *session) otherProfiles(r *logoutReport) (others []*session) {
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
		other := &session{program: s.program, settings: profile, stores: s.openStores(profile)}
		other.auth = s.manager(profile, other.stores)
		others = append(others, other)
	}
	return others
}
