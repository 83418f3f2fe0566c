package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// removeEverything removes what mogplex keeps for this user: the files of every
// profile of this state directory, and in the keychain what every profile, state
// directory and service has there.
func (s *session) removeEverything(ctx context.Context, r *logoutReport) {
	s.removeAllItems(ctx, r)
	for _, home := range s.homes(r) {
		s.removeFiles(ctx, home, r)
		for _, dir := range hostedDirs(home) {
			s.clearHosted(dir, r)
		}
	}
}

// removeAllItems takes every item of ours out of the keychain. One pass lists
// them: each record says whose it is, and goes under its own lock.
func (s *session) removeAllItems(ctx context.Context, r *logoutReport) {
	if s.mode == storeFile {
		r.skipped(auth.InKeychain, auth.Disabled)
		return
	}
	items, err := s.auth.List(ctx, auth.InKeychain)
	if err != nil && keychainState(err) == auth.Unavailable && s.mode != storeKeychain {
		r.skipped(auth.InKeychain, auth.Unavailable)
		return
	}
	if err != nil {
		r.failed(auth.InKeychain, "", err)
		return
	}
	s.removeItems(ctx, items, r)
	if err := s.removeLeftItems(ctx); err != nil {
		r.failed(auth.InKeychain, "", err)
	}
}

// removers is how many items are removed at a time: a keychain is then never
// without work.
const removers = 8

// removeItems removes items, each under the lock of its key, and reports how far it
// is.
func (s *session) removeItems(ctx context.Context, items []auth.Listed, r *logoutReport) {
	var workers sync.WaitGroup
	removals := make([]auth.Removal, len(items))
	next, told := make(chan int), time.Now()
	for range min(removers, len(items)) {
		workers.Go(func() {
			for i := range next {
				removals[i] = s.auth.RemoveListed(ctx, auth.InKeychain, items[i])
			}
		})
	}
	for i := range items {
		if time.Since(told) > progressPause {
			told = time.Now()
			s.say("Removed %d of %d…", i, len(items))
		}
		next <- i
	}
	close(next)
	workers.Wait()
	for _, done := range removals {
		r.add(done)
	}
}

// progressPause is how often a long sign-out reports how far it is.
const progressPause = 2 * time.Second

// removeLeftItems removes items of ours that hold no credential: keys that seal
// files, and what a killed writer left.
func (s *session) removeLeftItems(ctx context.Context) error {
	ring := s.keychain.attended
	accounts, err := ring.List(ctx)
	errs := []error{err}
	for _, account := range accounts {
		what, _, _ := strings.Cut(account, ".")
		if _, credential := auth.ProviderNamed(what); credential {
			continue // it could not be removed under its lock, and that is reported
		}
		if _, err := ring.Delete(ctx, account); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", account, err))
		}
	}
	return errors.Join(append(errs, ring.Tidy(ctx))...)
}

// homes are the homes of all profiles of this state directory.
func (s *session) homes(r *logoutReport) []string {
	profiles := filepath.Join(s.base, "profiles")
	entries, err := os.ReadDir(profiles)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.failed(auth.InFile, "", err)
	}
	homes := []string{s.base}
	for _, entry := range entries {
		home := filepath.Join(profiles, entry.Name())
		if info, err := os.Stat(home); err != nil || info.IsDir() { // no file of a desktop's
			homes = append(homes, home)
		}
	}
	return homes
}

// removeFiles removes the records of one profile's file, whichever service they
// are of, and what waits to be brought home.
func (s *session) removeFiles(ctx context.Context, home string, r *logoutReport) {
	if s.mode == storeKeychain {
		r.skipped(auth.InFile, auth.Disabled)
		return
	}
	other := *s
	other.profile, other.home = filepath.Base(home), home
	if home == s.base {
		other.profile = ""
	}
	own := other.settings
	own.store = storeFile
	other.stores = stores{file: own.openFile(), keychain: s.keychain, mode: storeFile}
	other.auth = s.manager(own, other.stores)
	items, err := other.auth.List(ctx, auth.InFile)
	if err != nil {
		r.failed(auth.InFile, "", err)
	}
	for _, item := range items {
		r.add(other.auth.RemoveListed(ctx, auth.InFile, item))
	}
	if home != s.home {
		r.backups = append(r.backups, other.file.BackedUp()...)
	}
	_ = os.Remove(filepath.Join(home, "displaced.json"))
}
