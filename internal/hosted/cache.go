package hosted

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// Cache caches the lists of one owner in a state directory: one file for each list, of mode 0600, replaced as a whole.
// Copies of another owner, or that cannot be read, are treated as missing.
type Cache struct {
	Dir   string
	Owner string // see [Owner]
	// Seal encrypts a list with secrets. It returns "" if the list may be stored unencrypted, and an error if it must not
	// be stored.
	Seal func(ctx context.Context, plain []byte) (sealed string, err error)
	// Open decrypts the result of Seal.
	Open func(ctx context.Context, sealed string) ([]byte, error)
	// SealedOnly refuses copies with secrets that are not encrypted, and removes them.
	SealedOnly bool
}

// Owner returns the mark of an owner's copies: a hash of the service and the account, or of the token if the account is
// unknown.
func Owner(origin, account, token string) string {
	owner := "account\x00" + account
	if account == "" {
		owner = "token\x00" + token
	}
	sum := sha256.Sum256([]byte("mogplex hosted state\x00" + origin + "\x00" + owner))
	return hex.EncodeToString(sum[:16])
}

// record is the content of a file. It holds either Data or Sealed, which is another record encrypted.
type record struct {
	Version int             `json:"version,omitempty"`
	Owner   string          `json:"owner,omitempty"`
	Fetched time.Time       `json:"fetched_at,omitzero"`
	Data    json.RawMessage `json:"data,omitempty"`
	Sealed  string          `json:"sealed,omitempty"`
}

const (
	recordVersion = 1
	// fileLimit is in bytes: the longest answer, sealed, which adds a third.
	fileLimit = bodyLimit/3*4 + 64<<10
)

var (
	errNoCopy = errors.New("there is no copy")
	errSealed = errors.New("the copy can't be decrypted now")
)

// load reads the owner's copy.
func (c Cache) load(ctx context.Context, name string, secret bool) (record, error) {
	path := filepath.Join(c.Dir, name)
	text, err := private.Read(path, fileLimit, nil)
	if err != nil {
		return record{}, errNoCopy
	}
	r := parseRecord(text)
	switch {
	case r.Sealed != "":
		plain, err := c.Open(ctx, r.Sealed)
		if err != nil {
			return record{}, errSealed
		}
		r = parseRecord(plain)
	case secret && c.SealedOnly:
		_ = os.Remove(path) // written with another setting
		return record{}, errNoCopy
	}
	if r.Version != recordVersion || r.Owner != c.Owner || r.Data == nil {
		return record{}, errNoCopy
	}
	return r, nil
}

// parseRecord returns the zero record, which belongs to no owner, for text of another form.
func parseRecord(text []byte) (r record) {
	if json.Unmarshal(text, &r) != nil {
		return record{}
	}
	return r
}

// save replaces the owner's copy. The caller prevents other processes from saving or clearing at the same time.
func (c Cache) save(ctx context.Context, name string, secret bool, r record) error {
	r.Version, r.Owner = recordVersion, c.Owner
	text, err := json.Marshal(r)
	if err == nil && secret {
		var sealed string
		if sealed, err = c.Seal(ctx, text); err == nil && sealed != "" {
			text, err = json.Marshal(record{Sealed: sealed})
		}
	}
	if err == nil {
		err = private.MakeDir(c.Dir)
	}
	if err == nil {
		err = private.Replace(filepath.Join(c.Dir, name), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("cache %s: %w", name, err)
	}
	return nil
}

// DropForeign removes the files without a copy of this owner. It leaves one that can't be decrypted now, because it may be
// this owner's.
func (c Cache) DropForeign(ctx context.Context) {
	for _, name := range stateFiles() {
		if _, err := c.load(ctx, name, false); errors.Is(err, errNoCopy) {
			_ = os.Remove(filepath.Join(c.Dir, name))
		}
	}
}

// Clear removes the copies of every owner from a state directory. It does not fail if there are none.
func Clear(dir string) error {
	var errs []error
	for _, name := range stateFiles() {
		if err := private.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// stateFiles returns the names of the cached copies.
func stateFiles() (names []string) {
	for _, l := range lists {
		names = append(names, l.copyName())
	}
	return names
}
