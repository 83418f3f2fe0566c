package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// A token that was renewed and that neither the keychain nor auth.json takes
// is the only one left that works. It goes into the rescue file, outside the
// state directory, whose disk may be the one that is full. The next write that
// succeeds elsewhere takes it back out.

// sealAccount is the keychain account of the key that seals the rescue file
// where credentials may not lie in files. It is no provider's name.
const sealAccount = "seal.key"

// rescueLayer is the last layer that is read and written.
func (p *program) rescueLayer(s settings, keychain keychainStore) auth.Layer {
	path := p.rescuePath(s)
	sealer := &keyring.Sealer{Keyring: keychain.Keyring, Account: keychain.prefix + sealAccount}
	store := rescueStore{legacyfile.New(path, path+".lock"), sealer, s.store == storeKeychain, s.store == storeFile}
	layer := auth.Layer{Name: auth.File, Path: path, Store: store, State: rescueState, Required: true, Spare: true, Disabled: !ownDir(filepath.Dir(path))}
	if store.seal {
		layer.Prepare = store.sealer.Prepare
	}
	return layer
}

// rescuePath is one file for each state directory, in the user's runtime
// directory, else in a private one among the temporary files.
func (p *program) rescuePath(s settings) string {
	dir := p.getenv("XDG_RUNTIME_DIR")
	if info, err := os.Stat(dir); dir == "" || err != nil || !info.IsDir() {
		dir = filepath.Join(os.TempDir(), "mogplex-"+strconv.Itoa(os.Getuid()))
	} else {
		dir = filepath.Join(dir, "mogplex")
	}
	sum := sha256.Sum256([]byte(s.home))
	return filepath.Join(dir, "rescue-"+hex.EncodeToString(sum[:8])+".json")
}

// rescueStore keeps entries in a file, sealed where none may lie in the clear.
type rescueStore struct {
	*legacyfile.File
	sealer     *keyring.Sealer
	seal       bool
	noKeychain bool // by the settings
}

var errKeyForbidden = keyring.Failure(keyring.ErrUnavailable, "a renewed token lies sealed with a key in the keychain, which MOGPLEX_CREDENTIAL_STORE=file forbids to read")

// sealedEntry is the form in which the file keeps a sealed entry.
type sealedEntry struct {
	Type string `json:"type"`
	Key  string `json:"key"`
}

func (s rescueStore) Get(ctx context.Context, provider string) ([]byte, bool, error) {
	data, found, err := s.File.Get(ctx, provider)
	if err != nil || !found {
		return nil, false, err
	}
	var e sealedEntry
	if json.Unmarshal(data, &e) != nil || !keyring.IsSealed(e.Key) {
		return data, true, nil
	}
	if s.noKeychain {
		return nil, false, errKeyForbidden
	}
	entry, err := s.sealer.Open(ctx, provider, e.Key)
	return entry, err == nil, err
}

func (s rescueStore) Set(ctx context.Context, provider string, entry []byte) error {
	if !s.seal {
		return s.File.Set(ctx, provider, entry)
	}
	sealed, err := s.sealer.Seal(ctx, provider, entry)
	if err != nil {
		return err
	}
	data, err := json.Marshal(sealedEntry{Type: string(auth.APIKey), Key: sealed})
	if err != nil {
		return err
	}
	return s.File.Set(ctx, provider, data)
}

func rescueState(err error) auth.State {
	if state := keychainState(err); state != auth.Unavailable {
		return state
	}
	return fileState(err)
}
