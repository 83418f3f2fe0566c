package account

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/private"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// openFile returns the profile's auth.json. In Codex's directory our file has another
// name, because Codex's auth.json is only read.
func openFile(s settings.Settings) *legacyfile.File {
	if s.Codex {
		return legacyfile.New(filepath.Join(s.Home, "auth.mogplex.json"), legacyfile.Options{Codex: filepath.Join(s.Dir, "auth.json"), ReadOnly: s.ReadOnly})
	}
	opt := legacyfile.Options{Dir: s.Home, ReadOnly: s.ReadOnly}
	if home, err := os.UserHomeDir(); err == nil && home == s.Home {
		opt.Dir = "" // the mode of the home directory is not ours to change
	}
	return legacyfile.New(filepath.Join(s.Home, "auth.json"), opt)
}

// StoreNames are the stores in the order in which they are read. Each has a row in
// layers.
func StoreNames() []string { return []string{auth.InKeychain, auth.InFile} }

// StoreModes are the values of credential_store: [settings.StoreAuto], and each store's
// name.
func StoreModes() []settings.StoreMode {
	modes := []settings.StoreMode{settings.StoreAuto}
	for _, name := range StoreNames() {
		modes = append(modes, settings.StoreMode(name))
	}
	return modes
}

// layers puts the stores in the order in which they are read.
func (a *Account) layers(s settings.Settings, file *legacyfile.File) []auth.Layer {
	layers := []auth.Layer{
		{
			Name: auth.InKeychain, Store: auth.KeychainStore(a.keychain), State: keychainState,
			Required: s.Store == settings.StoreKeychain,
			LockDir:  func(k auth.Key) string { return filepath.Join(k.Home(), "locks") },
			Tidy:     a.keychain.attended.Tidy,
		},
		{
			Name: auth.InFile, Path: file.Path(), Store: auth.FileStore(file, auth.Key{Dir: s.Dir, Profile: s.Profile}), State: fileState,
			Required:  true,
			LockDir:   func(k auth.Key) string { return fileLocks(file, k) },
			OnNetwork: func() bool { return private.OnNetwork(file.Path()) },
			Reserve:   file.Reserve,
			Replaces:  func(err error) bool { return errors.Is(err, legacyfile.ErrCorrupt) },
		},
	}
	for i := range layers {
		layers[i].Disabled = !s.Allows(layers[i].Name)
		if s.NoDir != nil {
			layers[i].Store = closedStore{s.NoDir}
		}
		layers[i].Store = reportingStore{layers[i].Store, a, layers[i].Name}
	}
	return layers
}

// StoreName names a store in a sentence: "the keychain (Secret Service)", or the
// file's path.
func (a *Account) StoreName(ctx context.Context, layer, path string) string {
	if path == "" {
		return "the " + a.StoreTitle(ctx, layer, path)
	}
	return path + ", not encrypted"
}

// StoreTitle names a store in two words: "keychain (Secret Service)", or "auth.json".
func (a *Account) StoreTitle(ctx context.Context, layer, path string) string {
	switch {
	case path != "":
		return filepath.Base(path)
	case layer == auth.InKeychain: // its kind without brackets of its own
		return "keychain (" + strings.NewReplacer(" (", ", ", ")", "").Replace(text.Printable(a.keychain.attended.Backend(ctx))) + ")"
	}
	return layer
}

// fileLocks returns the directory of the locks on auth.json. It is beside the file that
// symbolic links resolve to.
func fileLocks(file *legacyfile.File, key auth.Key) string {
	dir, err := file.LockDir()
	if err != nil {
		return filepath.Join(key.Home(), "locks")
	}
	return dir
}

// closedStore stands for the stores of a state directory that was not found.
type closedStore struct{ why error }

// Load implements [auth.Store].
func (s closedStore) Load(context.Context, auth.Key) (auth.Record, bool, error) {
	return auth.Record{}, false, s.why
}

// Swap implements [auth.Store].
func (s closedStore) Swap(context.Context, auth.Key, auth.Revision, auth.Record) error { return s.why }

// Delete implements [auth.Store].
func (s closedStore) Delete(context.Context, auth.Key, *auth.Revision) (auth.Record, bool, error) {
	return auth.Record{}, false, s.why
}

// List implements [auth.Store].
func (s closedStore) List(context.Context) ([]auth.Listed, error) { return nil, s.why }

// UserDatabaseHome returns the home directory in the user database, or else HOME.
func UserDatabaseHome() string {
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	home, _ := os.UserHomeDir() // user.Current needs USER as well
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

// stateClass is the state of a store for a class of errors.
type stateClass struct {
	kind  error
	state auth.State
}

// stateOf returns the state of the first class that matches.
func stateOf(err error, classes []stateClass) auth.State {
	for _, c := range classes {
		if errors.Is(err, c.kind) {
			return c.state
		}
	}
	return auth.Unavailable
}
