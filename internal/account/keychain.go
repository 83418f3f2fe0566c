package account

import (
	"context"
	"errors"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/keyring"
)

// KeychainService is the service name of all our keychain items.
const KeychainService = "mogplex"

// keychain is the system's keychain on one connection. It may prompt a person, but not
// under a context of unattended.
type keychain struct {
	attended, unattended *keyring.Keyring
	waiting              func() // called before each access
}

type unattendedKey struct{}

// unattended returns a context under which the keychain does not prompt.
func unattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattendedKey{}, true)
}

func (k keychain) ring(ctx context.Context) *keyring.Keyring {
	k.waiting()
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

// damagedItem stands for the value of an item that can't be read, so that it can be
// replaced and removed like any other item.
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

// keychainLabel returns the label of an item in the keychain's own window.
func (a *Account) keychainLabel(account string) string {
	provider, rest, _ := strings.Cut(account, ".")
	label := "Mogplex: key of " + provider
	switch provider {
	case auth.Mogplex:
		label = "Mogplex sign-in at " + a.Origin
	case sealAccount:
		label = "Mogplex: key of the cached lists of " + a.Origin
	}
	for part := range strings.SplitSeq(rest, ".") {
		if profile, ok := strings.CutPrefix(part, "p_"); ok {
			label += " (profile " + profile + ")"
		}
	}
	return label
}
