package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// A truncated file may hold a token: a removal can't report success.
func TestARemovalFromAFileThatCantBeParsedFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "auth.json")
	const cutOff = `{"credentials":{"mogplex":{"type":"pat","token":"mog_1"`
	must(t, os.WriteFile(path, []byte(cutOff), 0o600))
	s := auth.FileStore(legacyfile.New(path, legacyfile.Options{}), auth.Key{})
	_, found, err := s.Delete(t.Context(), keyOf(auth.Key{}, auth.Mogplex, auth.DefaultOrigin), nil)
	if wantError(t, err, legacyfile.ErrCorrupt); found {
		t.Error("something was removed")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != cutOff {
		t.Errorf("the file became %q, %v", text, err)
	}
}

// A killed writer leaves parts of a value without the item that names them. A
// removal deletes them too, because they contain parts of a token.
func TestARemovalTakesThePartsOfAnInterruptedWrite(t *testing.T) {
	dir := t.TempDir()
	k := keyring.New(keyringtest.Fake{Dir: dir, MaxBytes: 700}, keyring.Options{})
	t.Cleanup(k.Close)
	base := auth.Key{Dir: t.TempDir(), DirID: strings.Repeat("d1", 16)}
	s, key := auth.KeychainStore(ring{k}), keyOf(base, auth.Mogplex, origin)
	must(t, s.Swap(t.Context(), key, auth.Revision{}, fullRecord(strings.Repeat("a", 3000))))
	must(t, os.Remove(filepath.Join(dir, key.Account()+".item")))
	if items, err := filepath.Glob(filepath.Join(dir, "*.item")); err != nil || len(items) == 0 {
		t.Fatalf("there are no parts: %q, %v", items, err)
	}
	_, found, err := s.Delete(t.Context(), key, nil)
	items, globErr := filepath.Glob(filepath.Join(dir, "*.item"))
	if err := errors.Join(err, globErr); err != nil || found || len(items) > 0 {
		t.Errorf("found %v, error %v; %q are left", found, err, items)
	}
}
