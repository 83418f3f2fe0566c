package account

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
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// removeEverything removes what mogplex stores for this user: the files of every
// profile of this state directory, and from a store without a path, as a keychain is,
// the items of every profile, state directory and service.
func (a *Account) removeEverything(ctx context.Context, r *SignOutReport) {
	for _, l := range a.Manager.Layers {
		if l.Path == "" {
			a.removeAllItems(ctx, l, r)
		}
	}
	for _, home := range a.homes(r) {
		a.removeFiles(ctx, home, r)
		for _, dir := range hostedDirs(home) {
			r.clearHosted(dir)
		}
	}
}

// removeAllItems removes every item of ours from a store. It lists them once: each
// record names its key, and is removed under that key's lock.
func (a *Account) removeAllItems(ctx context.Context, l auth.Layer, r *SignOutReport) {
	if l.Disabled {
		r.skipped(l.Name, auth.Disabled)
		return
	}
	items, err := a.Manager.List(ctx, l.Name)
	switch {
	case err != nil && l.State(err) == auth.Unavailable && !l.Required:
		r.skipped(l.Name, auth.Unavailable)
		return
	case err != nil:
		r.failed(l.Name, "", err)
		return
	}
	a.removeItems(ctx, l.Name, items, r)
	if l.Name != auth.InKeychain {
		return
	}
	if err := a.removeLeftItems(ctx); err != nil {
		r.failed(l.Name, "", err)
	}
}

// removers is how many items are removed at a time, which keeps the keychain busy.
const removers = 8

// removeItems removes items, each under the lock of its key, and reports its
// progress.
func (a *Account) removeItems(ctx context.Context, store string, items []auth.Listed, r *SignOutReport) {
	var workers sync.WaitGroup
	removals := make([]auth.Removal, len(items))
	next, reported := make(chan int), time.Now()
	for range min(removers, len(items)) {
		workers.Go(func() {
			for i := range next {
				removals[i] = a.Manager.RemoveListed(ctx, store, items[i])
			}
		})
	}
	for i := range items {
		if a.Progress.Removed != nil && time.Since(reported) > progressPause {
			reported = time.Now()
			a.Progress.Removed(i, len(items))
		}
		next <- i
	}
	close(next)
	workers.Wait()
	for _, done := range removals {
		r.add(done)
	}
}

// progressPause is how often a long sign-out reports its progress.
const progressPause = 2 * time.Second

// removeLeftItems removes items of ours from the keychain that hold no credential:
// keys that seal files, and what a killed writer left.
func (a *Account) removeLeftItems(ctx context.Context) error {
	ring := a.keychain.attended
	accounts, err := ring.List(ctx)
	errs := []error{err}
	for _, account := range accounts {
		what, _, _ := strings.Cut(account, ".")
		if _, credential := auth.ProviderNamed(what); credential {
			continue // removeItems failed to remove it, and reported that
		}
		if _, err := ring.Delete(ctx, account); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", account, err))
		}
	}
	return errors.Join(append(errs, ring.Tidy(ctx))...)
}

// homes returns the directories of all profiles of this state directory.
func (a *Account) homes(r *SignOutReport) []string {
	profiles := filepath.Join(a.Dir, "profiles")
	entries, err := os.ReadDir(profiles)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.failed(auth.InFile, "", err)
	}
	homes := []string{a.Dir}
	for _, entry := range entries {
		home := filepath.Join(profiles, entry.Name())
		if info, err := os.Stat(home); err != nil || info.IsDir() { // not a file such as .DS_Store
			homes = append(homes, home)
		}
	}
	return homes
}

// removeFiles removes the records of all services from one profile's file, and the
// renewed tokens in its displaced.json.
func (a *Account) removeFiles(ctx context.Context, home string, r *SignOutReport) {
	if !a.Allows(auth.InFile) {
		r.skipped(auth.InFile, auth.Disabled)
		return
	}
	other := a.Settings
	other.Home, other.Profile, other.Store = home, filepath.Base(home), settings.StoreFile
	if home == a.Dir {
		other.Profile = ""
	}
	file := openFile(other)
	manager := a.newManager(other, file)
	items, err := manager.List(ctx, auth.InFile)
	if err != nil {
		r.failed(auth.InFile, "", err)
	}
	for _, item := range items {
		r.add(manager.RemoveListed(ctx, auth.InFile, item))
	}
	if home != a.Home {
		r.Backups = append(r.Backups, file.BackedUp()...)
	}
	_ = os.Remove(filepath.Join(home, "displaced.json"))
}

// hostedDirs returns the directories of a profile that can have cached lists, one for
// each service.
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
