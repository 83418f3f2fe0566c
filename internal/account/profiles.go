package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// Profile is what is stored for a profile in this state directory, for all providers and
// services.
type Profile struct {
	Name     string
	Active   bool
	Holdings []Holding
}

// Holding is a stored credential.
type Holding struct {
	auth.Credential
	Store       string // auth.InKeychain or auth.InFile
	Refreshable bool   // it can be renewed, as far as is known
}

// Profiles lists the profiles: those with something stored, those that a rule names, the
// one that `auth switch` chose, the default one and this one. It asks nothing of the
// service. If a store can't be read, it returns what the others hold, and an error.
// Warnings are about single credentials.
func (a *Account) Profiles(ctx context.Context) (list []Profile, warnings []string, err error) {
	if a.NoDir != nil {
		return nil, nil, a.NoDir
	}
	defer a.begin(WaitForKeychain)()
	names := append(a.ProfileNames(), a.ProfileName())
	if switched, err := a.SwitchedProfile(); err == nil { // settings that need it report the error
		names = append(names, switched)
	}
	found, warnings, err := a.sharedRecords(ctx)
	for _, l := range found {
		names = append(names, l.Key.ProfileName())
	}
	names = settings.SortedProfiles(names)
	errs := []error{err}
	if a.Allows(auth.InFile) {
		for _, name := range names {
			inFile, notices, err := a.fileRecords(ctx, name)
			found, errs, warnings = append(found, inFile...), append(errs, err), append(warnings, notices...)
		}
	}
	list = make([]Profile, len(names))
	for i, name := range names {
		list[i] = Profile{Name: name, Active: name == a.ProfileName()}
	}
	for _, l := range found {
		i := slices.Index(names, l.Key.ProfileName())
		switch {
		case l.Err != nil:
			warnings = append(warnings, fmt.Sprintf("the credential of %s in the %s, in profile %s: %v", l.Key.Name(), l.store, l.Key.ProfileName(), l.Err))
		case i >= 0:
			c := l.Record.Credential
			list[i].Holdings = append(list[i].Holdings, Holding{c, l.store, c.Refreshable() && !l.Record.Rejected()})
		}
	}
	for i := range list {
		slices.SortStableFunc(list[i].Holdings, compareHoldings)
	}
	return list, warnings, errors.Join(errs...)
}

// inStore is a record and the store that holds it.
type inStore struct {
	auth.Listed
	store string
}

// sharedRecords returns the records of this state directory in the stores that all
// directories share, as a keychain is, and a warning if there is no such store.
func (a *Account) sharedRecords(ctx context.Context) (found []inStore, warnings []string, err error) {
	var errs []error
	for _, l := range a.Manager.Layers {
		if l.Path != "" || l.Disabled {
			continue
		}
		list, err := a.Manager.OfDirectory(ctx, l.Name)
		switch {
		case err != nil && !l.Required && l.State(err) == auth.Unavailable:
			warnings = append(warnings, fmt.Sprintf("no %s can be reached, so it was not searched", l.Name))
		case err != nil:
			errs = append(errs, fmt.Errorf("the %s could not be read: %w", l.Name, err))
		}
		for _, item := range list {
			found = append(found, inStore{item, l.Name})
		}
	}
	return found, warnings, errors.Join(errs...)
}

// fileRecords returns the records in a profile's file, and a sentence for each repair of
// the file.
func (a *Account) fileRecords(ctx context.Context, profile string) (found []inStore, notices []string, err error) {
	other := a.Settings
	other.Profile, other.Store = "", settings.StoreFile
	if profile != settings.DefaultProfile {
		other.Profile = profile
	}
	other.Home = auth.ProfileHome(a.Dir, other.Profile)
	file := openFile(other)
	list, err := a.newManager(other, file).List(ctx, auth.InFile)
	for _, item := range list {
		found = append(found, inStore{item, auth.InFile})
	}
	return found, file.Notices(), err
}

// compareHoldings orders credentials as the resolver does: by provider, then by store.
func compareHoldings(a, b Holding) int {
	byName := func(name string) int {
		return slices.IndexFunc(auth.Providers(), func(p auth.Provider) bool { return p.Name == name })
	}
	byStore := func(name string) int { return slices.Index(StoreNames(), name) }
	return cmp.Or(byName(a.Provider)-byName(b.Provider), cmp.Compare(a.Issuer, b.Issuer), byStore(a.Store)-byStore(b.Store))
}
