package cli

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// keychainService is the service name of every keychain item of ours.
const keychainService = "mogplex"

// keychainStore is the part of the keychain that belongs to one profile of one
// state directory: accounts are provider names behind a prefix.
type keychainStore struct {
	*keyring.Keyring
	prefix string
}

// holdable reports whether an entry of that name can be in the keychain at all:
// auth.json may hold others. A dot would make it another profile's.
func (k keychainStore) holdable(provider string) bool {
	return !strings.Contains(provider, ".") && keyring.ValidName(k.prefix+provider) == nil
}

func (k keychainStore) Get(ctx context.Context, provider string) ([]byte, bool, error) {
	if !k.holdable(provider) {
		return nil, false, nil
	}
	return k.Keyring.Get(ctx, k.prefix+provider)
}

func (k keychainStore) Set(ctx context.Context, provider string, entry []byte) error {
	if !k.holdable(provider) {
		return errors.New("the keychain can't hold an entry of that name")
	}
	return k.Keyring.Set(ctx, k.prefix+provider, entry)
}

func (k keychainStore) Delete(ctx context.Context, provider string) (bool, error) {
	if !k.holdable(provider) {
		return false, nil
	}
	return k.Keyring.Delete(ctx, k.prefix+provider)
}

func (k keychainStore) List(ctx context.Context) ([]string, error) {
	accounts, err := k.Keyring.List(ctx)
	var names []string
	for _, account := range accounts {
		name, ours := strings.CutPrefix(account, k.prefix)
		if ours && !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	return names, err
}

// stores are the places that a profile's credentials can be in.
type stores struct {
	keychain keychainStore
	file     *legacyfile.File
	rescue   auth.Layer
	mode     storeMode
}

func (p *program) openStores(s settings) stores {
	// Over SSH an unlock prompt would show on a screen that nobody sits at.
	attended := p.attended() && p.getenv("SSH_CONNECTION") == ""
	opt := keyring.Options{Timeout: s.keychainTimeout, Attended: attended}
	opt.OnPrompt = func() { p.say("The keychain is locked. Unlock it in the window that it opens.") }
	keychain := keychainStore{p.openKeyring(opt), s.accountPrefix}
	return stores{
		keychain: keychain,
		file:     legacyfile.New(filepath.Join(s.home, "auth.json"), filepath.Join(s.home, "locks", "auth.json.lock")),
		rescue:   p.rescueLayer(s, keychain),
		mode:     s.store,
	}
}

// layers puts the stores in the order in which they are asked.
func (s stores) layers() []auth.Layer {
	return []auth.Layer{
		{Name: auth.Keychain, Store: s.keychain, State: keychainState, Disabled: s.mode == storeFile, Required: s.mode == storeKeychain},
		{Name: auth.File, Path: s.file.Path(), Store: s.file, State: fileState, Disabled: s.mode == storeKeychain, Required: true},
		s.rescue,
	}
}

func keychainState(err error) auth.State {
	return stateOf(err, []stateClass{
		{keyring.ErrLocked, auth.Locked},
		{keyring.ErrDenied, auth.Denied},
		{keyring.ErrTimeout, auth.Timeout},
		{keyring.ErrCorrupt, auth.Corrupt},
	})
}

func fileState(err error) auth.State {
	return stateOf(err, []stateClass{
		{legacyfile.ErrCorrupt, auth.Corrupt},
		{legacyfile.ErrNotRegular, auth.Corrupt},
		{legacyfile.ErrTooLarge, auth.Corrupt},
		{legacyfile.ErrNotOwner, auth.Denied},
		{legacyfile.ErrVersion, auth.Denied},
		{legacyfile.ErrForeign, auth.Denied},
		{fs.ErrPermission, auth.Denied},
		{legacyfile.ErrBusy, auth.Timeout},
	})
}

// stateClass is the state that an error of a class means.
type stateClass struct {
	kind  error
	state auth.State
}

// stateOf gives the first class that matches.
func stateOf(err error, classes []stateClass) auth.State {
	for _, c := range classes {
		if errors.Is(err, c.kind) {
			return c.state
		}
	}
	return auth.Unavailable
}

// knownProvider refuses a name that is not in the provider table.
func knownProvider(name string) error {
	if _, ok := auth.ProviderNamed(name); ok {
		return nil
	}
	var names []string
	for _, p := range auth.Providers() {
		names = append(names, p.Name)
	}
	return usageError{"there is no provider of that name; the names are " + strings.Join(names, ", ")}
}
