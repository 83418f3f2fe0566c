package account

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/keyring"
)

const (
	// cacheLimit bounds the caching of a list, because no list is worth a longer wait.
	// busyLimit bounds its wait for other processes.
	cacheLimit, busyLimit = 5 * time.Second, 2 * time.Second
	// sealLabel is authenticated with the sealed lists, so that the key opens no other
	// data.
	sealLabel = "mcp-servers.remote.json"
	// sealAccount is the keychain account of the key that seals the cached lists of
	// one service, profile and directory. No provider has this name.
	sealAccount = "seal"
)

func (a *Account) sealAccount() string {
	return auth.AccountNamed(sealAccount, a.Manager.Key(auth.Mogplex))
}

// hostedDir is the directory of the service's cached lists: that of auth.json for the
// default service, and one below it for any other.
func (a *Account) hostedDir() string {
	return filepath.Join(a.Home, a.Manager.Key(auth.Mogplex).Subdir())
}

// owner identifies the account that a credential belongs to.
func (a *Account) owner(c auth.Credential) string {
	return hosted.Owner(a.Origin, c.Account.ID, c.Token.Reveal())
}

// cache returns the cache of a credential's lists, sealed as the settings require. It
// reads the keychain without a prompt, and not at all if the resolver just failed to:
// no list is worth a second wait.
func (a *Account) cache(res auth.Result) hosted.Cache {
	k := hosted.Cache{Dir: a.hostedDir(), Owner: a.owner(res.Credential), SealedOnly: !a.Allows(auth.InFile)}
	if !a.Allows(auth.InKeychain) {
		k.Seal = func(context.Context, []byte) (string, error) { return "", nil }
		k.Open = func(context.Context, string) ([]byte, error) { return nil, errKeyForbidden }
		return k
	}
	if at := slices.IndexFunc(res.Findings, unreadable); at >= 0 {
		err := res.Findings[at].Err
		k.Seal = func(context.Context, []byte) (string, error) { return "", err }
		k.Open = func(context.Context, string) ([]byte, error) { return nil, err }
		return k
	}
	sealer := func() *keyring.Sealer {
		return &keyring.Sealer{Keyring: a.keychain.unattended, Account: a.sealAccount()}
	}
	k.Seal = func(ctx context.Context, plain []byte) (string, error) {
		a.Manager.MakeID(ctx)
		sealed, err := sealer().Seal(ctx, sealLabel, plain)
		if a.Store == settings.StoreAuto && errors.Is(err, keyring.ErrUnavailable) {
			return "", nil // without a keychain, store it in plain text, as auth.json is
		}
		return sealed, err
	}
	k.Open = func(ctx context.Context, sealed string) ([]byte, error) { return sealer().Open(ctx, sealLabel, sealed) }
	return k
}

// errKeyForbidden means that the settings forbid reading the key of a sealed list.
var errKeyForbidden = keyring.Failure(keyring.ErrUnavailable, "MOGPLEX_CREDENTIAL_STORE=file forbids the keychain, which has the key of the cached list")

// unreadable reports whether a finding is of a keychain that exists and could not be
// read.
func unreadable(f auth.Finding) bool {
	return f.Layer == auth.InKeychain && f.Err != nil && f.State != auth.Unavailable && f.State != auth.Corrupt
}

// whileActive calls save while no other process can change the active credential, and
// only if that still belongs to owner. It never prompts.
func (a *Account) whileActive(ctx context.Context, owner string, save func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, cacheLimit)
	defer cancel()
	same := func(c auth.Credential) bool { return a.owner(c) == owner }
	switch err := a.Manager.WhileActive(ctx, auth.Mogplex, busyLimit, same, save); {
	case errors.Is(err, auth.ErrBusy):
		return nil // another process has the lock, and caches its own answer
	case errors.Is(err, auth.ErrConflict):
		return ErrReplaced
	default:
		return err
	}
}
