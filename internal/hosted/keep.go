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

// Keeper keeps the hosted state of one owner in a state directory: one file for
// each list, of mode 0600, replaced as a whole. Copies of another owner, or that
// can't be read, are treated as missing.
type Keeper struct {
	Dir   string
	Owner string // see Owner; copies of others are not served
	// Seal encrypts what holds secrets. Where it may lie in the clear the result
	// is empty; an error says that it can't be kept.
	Seal func(ctx context.Context, plain []byte) (sealed string, err error)
	// Open decrypts what Seal made.
	Open func(ctx context.Context, sealed string) ([]byte, error)
	// SealedOnly refuses a copy with secrets that lies in the clear.
	SealedOnly bool
}

// Owner names who a copy belongs to, without saying it: an account of a service,
// or the token where no account is known.
func Owner(origin, account, token string) string {
	what := "account\x00" + account
	if account == "" {
		what = "token\x00" + token
	}
	sum := sha256.Sum256([]byte("mogplex hosted state\x00" + origin + "\x00" + what))
	return hex.EncodeToString(sum[:16])
}

// kept is the content of a file: Data, or Sealed, which holds another kept.
type kept struct {
	Version int             `json:"version,omitempty"`
	Owner   string          `json:"owner,omitempty"`
	Fetched time.Time       `json:"fetched_at,omitzero"`
	Data    json.RawMessage `json:"data,omitempty"`
	Sealed  string          `json:"sealed,omitempty"`
}

const (
	keptVersion = 1
	// fileLimit is in bytes: the longest answer, sealed, which adds a third.
	fileLimit = bodyLimit/3*4 + 64<<10
)

var (
	errNoCopy = errors.New("there is no copy")
	errShut   = errors.New("the copy can't be opened now")
)

// load reads the owner's copy. Whatever is in the way of it, there is none.
func (k Keeper) load(ctx context.Context, name string, secret bool) (kept, error) {
	path := filepath.Join(k.Dir, name)
	text, err := private.Read(path, fileLimit, nil)
	if err != nil {
		return kept{}, errNoCopy
	}
	record, err := parseKept(text)
	switch {
	case err != nil:
		return kept{}, err
	case record.Sealed != "":
		plain, err := k.Open(ctx, record.Sealed)
		if err != nil {
			return kept{}, errShut
		}
		if record, err = parseKept(plain); err != nil {
			return kept{}, err
		}
	case secret && k.SealedOnly:
		_ = os.Remove(path) // it was written under another setting
		return kept{}, errNoCopy
	}
	if record.Version != keptVersion || record.Owner != k.Owner || record.Data == nil {
		return kept{}, errNoCopy
	}
	return record, nil
}

func parseKept(text []byte) (record kept, err error) {
	if json.Unmarshal(text, &record) != nil {
		return kept{}, errNoCopy
	}
	return record, nil
}

// save replaces the owner's copy. The caller sees to it that no other process
// saves or clears at the same time.
func (k Keeper) save(ctx context.Context, name string, secret bool, record kept) error {
	record.Version, record.Owner = keptVersion, k.Owner
	text, err := json.Marshal(record)
	if err == nil && secret {
		var sealed string
		if sealed, err = k.Seal(ctx, text); err == nil && sealed != "" {
			text, err = json.Marshal(kept{Sealed: sealed})
		}
	}
	if err == nil {
		err = private.MakeDir(k.Dir)
	}
	if err == nil {
		err = private.Replace(filepath.Join(k.Dir, name), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}

// DropForeign removes the copies that are not this owner's, or are none. One
// that can't be opened now stays: it may be this owner's.
func (k Keeper) DropForeign(ctx context.Context) {
	for _, name := range stateFiles {
		if _, err := k.load(ctx, name, false); errors.Is(err, errNoCopy) {
			_ = os.Remove(filepath.Join(k.Dir, name))
		}
	}
}

// stateFiles are what a sign-in brings and a sign-out takes away.
var stateFiles = []string{modelList.file, serverList.file}

// Clear removes the hosted state from a state directory. What is not there is
// no error.
func Clear(dir string) error {
	var errs []error
	for _, name := range stateFiles {
		if err := private.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
