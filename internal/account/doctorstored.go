package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/keyring"
)

// items are the keychain's items, read in one pass, so that no later check waits for the
// keychain again. They implement auth.Keychain, but can't be changed.
type items struct {
	entries []keyring.Entry
	err     error
	limit   time.Time // until when the keychain may be asked
}

// Get implements [auth.Place].
func (i items) Get(_ context.Context, account string) ([]byte, bool, error) {
	if i.err != nil {
		return nil, false, i.err
	}
	at := slices.IndexFunc(i.entries, func(e keyring.Entry) bool { return e.Account == account })
	switch {
	case at < 0:
		return nil, false, nil
	case errors.Is(i.entries[at].Err, keyring.ErrCorrupt):
		return damagedItem, true, i.entries[at].Err
	}
	return i.entries[at].Value, i.entries[at].Err == nil, i.entries[at].Err
}

// Update implements [auth.Place].
func (items) Update(context.Context, string, func([]byte) ([]byte, error)) error {
	return errors.ErrUnsupported
}

// All implements [auth.Keychain].
func (i items) All(context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, e := range i.entries {
		all[e.Account] = e.Value
	}
	return all, i.err
}

// checkKeychain reads all items.
func (d *doctor) checkKeychain(ctx context.Context) []Check {
	switch {
	case d.Store == "":
		d.items.err = errors.New(noSettings)
		return skip(noSettings)
	case !d.Allows(auth.InKeychain):
		return skip(`credential_store is "file", so the keychain is not used`)
	}
	defer d.begin(WaitForKeychain)()
	start := time.Now()
	d.items.limit = start.Add(keychainLimit)
	ctx, cancel := context.WithDeadline(ctx, d.items.limit)
	defer cancel()
	d.items.entries, d.items.err = d.keychain.unattended.All(ctx)
	took := roundTrip(start)
	err := d.items.err
	switch {
	case err == nil:
		return ok("%s, unlocked and lasting; it answered in %s", text.Printable(d.keychain.unattended.Backend(ctx)), took)
	case errors.Is(err, keyring.ErrTimeout):
		return []Check{{State: CheckFailure, Message: fmt.Sprintf("%v within %s", keyring.ErrTimeout, took),
			Err: err, Fix: "Restart the keychain's own program, or log out and in again."}}
	case errors.Is(err, keyring.ErrUnavailable) && d.Store == settings.StoreAuto:
		return []Check{{State: CheckWarning, Message: err.Error() + "; credentials are stored in auth.json, not encrypted",
			Fix: "Start a keychain, or accept this with `credential_store = \"file\"` in config.toml."}}
	}
	return []Check{{State: CheckFailure, Message: err.Error(), Err: err}}
}

// probeAccount is the name of the item that checkProbe writes. It is no provider's.
const probeAccount = "doctor"

func (d *doctor) checkItems(context.Context) (rows []Check) {
	if d.items.err != nil || d.items.limit.IsZero() {
		return skip("the keychain was not read")
	}
	for _, e := range d.items.entries {
		what, _, _ := strings.Cut(e.Account, ".")
		switch {
		case what == probeAccount:
			rows = append(rows, Check{State: CheckWarning, Message: "an earlier --probe left the item " + e.Account,
				Fix: "remove it.", repair: func(ctx context.Context) error { return d.removeProbe(ctx, e.Account) }})
		case e.Err != nil:
			rows = append(rows, Check{State: CheckWarning, Message: fmt.Sprintf("the item %s can't be read: %v", e.Account, e.Err),
				Fix: "Sign in again in its profile, which replaces it, or remove all items with `mogplex logout --all`."})
		}
	}
	if len(rows) == 0 {
		rows = ok("%s of mogplex, for all profiles and state directories", count(len(d.items.entries), "item", "items"))
	}
	return rows
}

// checkProbe writes an item, reads it back and removes it, which only a keychain that
// can be written and that lasts allows.
func (d *doctor) checkProbe(ctx context.Context) []Check {
	switch {
	case !d.opt.Probe:
		return skip("--probe writes, reads and removes an item")
	case d.items.err != nil || d.items.limit.IsZero():
		return skip("the keychain was not read")
	}
	defer d.begin(WaitForKeychain)()
	account, value := auth.AccountNamed(probeAccount, d.Manager.Key(auth.Mogplex)), []byte(rand.Text())
	start := time.Now()
	// The removal needs some of the time.
	writing, cancel := context.WithDeadline(ctx, d.items.limit.Add(-keychainLimit/4))
	defer cancel()
	err := d.keychain.unattended.Set(writing, account, value)
	if err == nil {
		var got []byte
		if got, _, err = d.keychain.unattended.Get(writing, account); err == nil && string(got) != string(value) {
			err = errors.New("the keychain reported success, but returns another value than the one stored")
		}
	}
	took := roundTrip(start)
	removed := d.removeProbe(ctx, account)
	switch {
	case err != nil:
		return []Check{{State: CheckFailure, Message: "an item could not be stored: " + err.Error(), Err: err}}
	case removed != nil:
		return []Check{{State: CheckFailure, Message: fmt.Sprintf("the item %s was stored, but not removed: %v", account, removed),
			Fix: "Remove it with `mogplex auth doctor --fix`."}}
	}
	return ok("an item was stored and read in %s, and removed", took)
}

func (d *doctor) removeProbe(ctx context.Context, account string) error {
	ctx, cancel := context.WithDeadline(unattended(ctx), d.items.limit)
	defer cancel()
	_, err := d.keychain.unattended.Delete(ctx, account)
	return err
}

// manager returns a manager of a profile that reads the items and the files, and changes
// nothing.
func (d *doctor) manager(profile string) *auth.Manager {
	s := d.Settings
	s.Profile, s.Home = profile, auth.ProfileHome(d.Dir, profile)
	m := d.newManager(s, openFile(s))
	for i := range m.Layers {
		if m.Layers[i].Name == auth.InKeychain && s.NoDir == nil {
			m.Layers[i].Store = auth.KeychainStore(d.items)
		}
	}
	return m
}

// checkProfiles has a row for each profile of the state directory, in files or in the
// keychain, and for that of the account.
func (d *doctor) checkProfiles(ctx context.Context) (rows []Check) {
	if !d.hasDir() || d.Store == "" {
		return skip(noSettings)
	}
	names := []string{"", d.Profile}
	for _, home := range d.profileHomes()[1:] {
		names = append(names, filepath.Base(home))
	}
	if items, err := d.manager("").List(ctx, auth.InKeychain); err == nil {
		for _, item := range items {
			if item.Key.Dir == d.Dir {
				names = append(names, item.Key.Profile)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		for _, c := range d.checkProfile(ctx, name) {
			c.Name = "profile/" + cmp.Or(name, settings.DefaultProfile)
			if name != d.Profile {
				c.Profile = cmp.Or(name, settings.DefaultProfile)
			}
			rows = append(rows, c)
		}
	}
	return rows
}

// checkProfile returns a row with what the stores hold, and one for each fault.
func (d *doctor) checkProfile(ctx context.Context, profile string) []Check {
	m := d.manager(profile)
	m.LookupEnv = func(string) (string, bool) { return "", false }
	var held []string
	var faults []Check
	for _, p := range auth.Providers() {
		res, _ := m.Resolve(ctx, auth.Query{Provider: p.Name, All: true})
		for _, f := range res.Findings {
			fault, found := d.fault(f)
			repeated := func(c Check) bool { return c.Message == fault.Message }
			switch {
			case found && !slices.ContainsFunc(faults, repeated): // a file fails for every provider
				faults = append(faults, fault)
			case !found && f.State == auth.Present:
				held = append(held, p.Name+" in the "+f.Layer)
			}
		}
	}
	d.stored = d.stored || profile == d.Profile && len(held) > 0
	row := Check{State: CheckOK, Message: cmp.Or(strings.Join(held, ", "), "no credential stored")}
	switch {
	case d.keychainUnread():
		row.State, row.Message = CheckSkipped, "the keychain could not be read"
		if len(held) > 0 {
			row.Message += "; " + strings.Join(held, ", ")
		}
	case len(held) == 0 && len(faults) > 0:
		return faults
	}
	if plain := plaintext(ctx, m); len(plain) > 0 && d.Allows(auth.InKeychain) && d.items.err == nil {
		row.State, row.Message = CheckWarning, row.Message+"; not encrypted in auth.json: "+strings.Join(plain, ", ")
		row.Fix = "Move it to the keychain with `mogplex auth migrate`."
	}
	return append([]Check{row}, faults...)
}

// keychainUnread reports whether there is a keychain that may hold credentials, but could
// not be read.
func (d *doctor) keychainUnread() bool {
	return d.Allows(auth.InKeychain) && d.items.err != nil && !errors.Is(d.items.err, keyring.ErrUnavailable)
}

// plaintext names what a profile's file holds, for all services, even if the settings
// disable the file.
func plaintext(ctx context.Context, m *auth.Manager) (names []string) {
	list, _ := m.List(ctx, auth.InFile) // checkProfile reports a file that can't be read
	for _, item := range list {
		if !item.Record.ReadOnly {
			names = append(names, item.Key.Name())
		}
	}
	return names
}

// fault returns the row for a layer that can't be read, or whose credential is not used.
// checkKeychain has reported a keychain that can't be read.
func (d *doctor) fault(f auth.Finding) (Check, bool) {
	switch {
	case f.Stray:
		return Check{State: CheckWarning, Message: fmt.Sprintf("the %s holds another credential of %s, which is not used", f.Layer, f.Provider),
			Fix: fmt.Sprintf("Remove both with `mogplex logout --provider %s` and sign in again, or use this one with `mogplex auth migrate --to %s --force`.", f.Provider, otherStore(f.Layer))}, true
	case f.Layer == auth.InDisplaced:
		return Check{State: CheckWarning, Message: f.Path + " has a renewed token that its store did not take",
			Fix: "The next `mogplex auth token` stores it, once the store can be written."}, true
	case f.Err == nil, f.State == auth.Unavailable, f.Layer == auth.InKeychain && d.items.err != nil:
		return Check{}, false
	}
	return Check{State: CheckFailure, Message: f.Err.Error(), Err: ProviderError{f.Err, f.Provider}}, true
}

// otherStore returns the store that a credential in layer is moved to.
func otherStore(layer string) string {
	if layer == auth.InKeychain {
		return auth.InFile
	}
	return auth.InKeychain
}
