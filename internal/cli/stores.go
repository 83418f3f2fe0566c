package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/private"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// keychainService is the service name of every keychain item of ours.
const keychainService = "mogplex"

// keychain is the system's keychain on one connection. It asks a person only
// under a context that is not marked by unattended.
type keychain struct {
	attended, unattended *keyring.Keyring
	waits                func() // called before the keychain is
}

type unattendedKey struct{}

// unattended returns a context under which no keychain asks a person.
func unattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattendedKey{}, true)
}

func (k keychain) ring(ctx context.Context) *keyring.Keyring {
	k.waits()
	if ctx.Value(unattendedKey{}) != nil {
		return k.unattended
	}
	return k.attended
}

// Get implements [auth.Place].
func (k keychain) Get(ctx context.Context, account string) ([]byte, bool, error) {
	entry, found, err := k.ring(ctx).Get(ctx, account)
	if errors.Is(err, keyring.ErrCorrupt) {
		return damagedItem, true, err
	}
	return entry, found, err
}

// damagedItem stands for the value of an item that can't be read, so that it can
// be replaced and removed like any other.
var damagedItem = []byte("damaged")

// Update implements [auth.Place].
func (k keychain) Update(ctx context.Context, account string, change func([]byte) ([]byte, error)) error {
	ring := k.ring(ctx)
	err := ring.Update(ctx, account, change)
	if errors.Is(err, keyring.ErrCorrupt) {
		err = replaceDamaged(ctx, ring, account, change)
	}
	if errors.Is(err, keyring.ErrChanged) {
		return errors.Join(auth.ErrConflict, err)
	}
	return err
}

func replaceDamaged(ctx context.Context, ring *keyring.Keyring, account string, change func([]byte) ([]byte, error)) error {
	next, err := change(damagedItem)
	if err != nil {
		return err
	}
	if next == nil {
		_, err = ring.Delete(ctx, account)
		return err
	}
	return ring.Set(ctx, account, next)
}

// All implements [auth.Keychain].
func (k keychain) All(ctx context.Context) (map[string][]byte, error) {
	entries, err := k.ring(ctx).All(ctx)
	all := make(map[string][]byte, len(entries))
	for _, e := range entries {
		all[e.Account] = e.Value
	}
	return all, err
}

// stores are the places that a profile's credentials can be in.
type stores struct {
	keychain keychain
	file     *legacyfile.File
	mode     storeMode
	closed   error // why nothing can be stored: see nowhere
}

func (p *program) openStores(s settings) stores {
	opt := keyring.Options{
		Timeout:  s.keychainTimeout,
		Attended: p.attended() && p.here().prompt,
		OnPrompt: func() { p.say("The keychain is locked. Unlock it in the window that it opens.") },
		OnConfirm: func() {
			p.say("The keychain wants to know whether to delete what is now an empty item. Answer in the window that it opens.")
		},
		Label:  s.keychainLabel,
		Schema: "com.mogplex.Credential",
	}
	ring := p.openKeyring(opt)
	return stores{
		keychain: keychain{ring, ring.Unattended(), func() { p.waits() }},
		file:     s.openFile(),
		mode:     s.store,
		closed:   s.homeless,
	}
}

// openFile names the profile's auth.json. Beside a file of Codex's, which is only
// read, ours has another name.
func (s settings) openFile() *legacyfile.File {
	if s.codex {
		return legacyfile.New(filepath.Join(s.home, "auth.mogplex.json"), legacyfile.Options{Codex: filepath.Join(s.base, "auth.json")})
	}
	opt := legacyfile.Options{Dir: s.home}
	if home, err := os.UserHomeDir(); err == nil && home == s.home {
		opt.Dir = "" // the home directory is not ours to close
	}
	return legacyfile.New(filepath.Join(s.home, "auth.json"), opt)
}

// keychainLabel names an item for the person who sees it in the keychain's own
// window.
func (s settings) keychainLabel(account string) string {
	provider, rest, _ := strings.Cut(account, ".")
	label := "Mogplex: key of " + provider
	switch provider {
	case auth.Mogplex:
		label = "Mogplex sign-in at " + s.origin
	case sealAccount:
		label = "Mogplex: key of the cached lists of " + s.origin
	}
	for part := range strings.SplitSeq(rest, ".") {
		if profile, ok := strings.CutPrefix(part, "p_"); ok {
			label += " (profile " + profile + ")"
		}
	}
	return label
}

// layers puts the stores in the order in which they are read.
func (s stores) layers(base auth.Key) []auth.Layer {
	layers := []auth.Layer{
		{
			Name: auth.InKeychain, Store: auth.KeychainStore(s.keychain), State: keychainState,
			Disabled: s.mode == storeFile, Required: s.mode == storeKeychain,
			LockDir: func(k auth.Key) string { return filepath.Join(k.Home(), "locks") },
			Tidy:    s.keychain.attended.Tidy,
		},
		{
			Name: auth.InFile, Path: s.file.Path(), Store: auth.FileStore(s.file, base), State: fileState,
			Disabled: s.mode == storeKeychain, Required: true,
			LockDir:   s.fileLocks,
			OnNetwork: func() bool { return private.OnNetwork(s.file.Path()) },
			Reserve:   s.file.Reserve,
		},
	}
	if s.closed != nil {
		for i := range layers {
			layers[i].Store = closedStore{s.closed}
		}
	}
	return layers
}

// fileLocks is where the locks on what auth.json holds lie: beside the file that
// links resolve to.
func (s stores) fileLocks(key auth.Key) string {
	dir, err := s.file.LockDir()
	if err != nil {
		return filepath.Join(key.Home(), "locks")
	}
	return dir
}

// userHome is the home that the user database names, else HOME's.
func userHome() string {
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	home, _ := os.UserHomeDir() // user.Current wants USER as well
	return home
}

func keychainState(err error) auth.State {
	return stateOf(err, []stateClass{
		{keyring.ErrLocked, auth.Locked},
		{keyring.ErrDenied, auth.Denied},
		{keyring.ErrTimeout, auth.Timeout},
		{keyring.ErrCorrupt, auth.Corrupt},
		{auth.ErrBadID, auth.Denied},
	})
}

func fileState(err error) auth.State {
	return stateOf(err, []stateClass{
		{legacyfile.ErrCorrupt, auth.Corrupt},
		{legacyfile.ErrNotRegular, auth.Corrupt},
		{legacyfile.ErrTooLarge, auth.Corrupt},
		{legacyfile.ErrNotOwner, auth.Denied},
		{legacyfile.ErrVersion, auth.Denied},
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

// providerValue reads --provider; it is empty if the flag is not given. An empty
// value is refused: a script's unset variable does not mean "any".
func providerValue(c *cli.Context) (string, error) {
	if !c.IsSet("provider") {
		return "", nil
	}
	name := c.String("provider")
	return name, knownProvider(name)
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
	if name == "" {
		return usageError{"--provider is empty; the names are " + strings.Join(names, ", ")}
	}
	return usageError{"there is no provider of that name; the names are " + strings.Join(names, ", ")}
}
