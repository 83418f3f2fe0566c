package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/keyring"
)

// How hosted state is kept on disk: whose it is, how it is sealed, and when it
// may be written.

const (
	// keepLimit bounds the keeping of an answer: a list is worth no longer wait.
	// busyLimit is the part of it that may be waited for others.
	keepLimit, busyLimit = 5 * time.Second, 2 * time.Second
	// sealLabel is bound to what is sealed with the key in the keychain.
	sealLabel = "mcp-servers.remote.json"
)

// sealAccount is the keychain account of the key that seals the hosted state of
// one service, profile and directory. It is no provider's name.
const sealAccount = "seal"

func (s *session) sealAccount() string {
	return auth.AccountNamed(sealAccount, s.auth.Key(auth.Mogplex))
}

// hostedDir is where the hosted state of the service is kept: beside auth.json,
// or in a directory of its own for another service than the default one.
func (s *session) hostedDir() string {
	return filepath.Join(s.home, s.auth.Key(auth.Mogplex).Subdir())
}

// owner is whose hosted state a credential brings.
func (s *session) owner(c auth.Credential) string {
	return hosted.Owner(s.origin, c.Account.ID, c.Token.Reveal())
}

// keeper keeps the hosted state of a credential, sealed as the settings want.
// The keychain is asked without a prompt, and not at all where it has just
// failed: no list is worth a wait for it.
func (s *session) keeper(res auth.Result) hosted.Keeper {
	k := hosted.Keeper{Dir: s.hostedDir(), Owner: s.owner(res.Credential), SealedOnly: s.mode == storeKeychain}
	if s.mode == storeFile {
		k.Seal = func(context.Context, []byte) (string, error) { return "", nil }
		k.Open = func(context.Context, string) ([]byte, error) { return nil, errKeyForbidden }
		return k
	}
	if at := slices.IndexFunc(res.Findings, shut); at >= 0 {
		err := res.Findings[at].Err
		k.Seal = func(context.Context, []byte) (string, error) { return "", err }
		k.Open = func(context.Context, string) ([]byte, error) { return nil, err }
		return k
	}
	sealer := func() *keyring.Sealer {
		return &keyring.Sealer{Keyring: s.keychain.unattended, Account: s.sealAccount()}
	}
	k.Seal = func(ctx context.Context, plain []byte) (string, error) {
		s.auth.MakeID(ctx)
		sealed, err := sealer().Seal(ctx, sealLabel, plain)
		if s.mode == storeAuto && errors.Is(err, keyring.ErrUnavailable) {
			return "", nil // there is no keychain: as with auth.json
		}
		return sealed, err
	}
	k.Open = func(ctx context.Context, sealed string) ([]byte, error) { return sealer().Open(ctx, sealLabel, sealed) }
	return k
}

// errKeyForbidden: a list lies sealed with a key that the settings forbid to read.
var errKeyForbidden = keyring.Failure(keyring.ErrUnavailable, "MOGPLEX_CREDENTIAL_STORE=file forbids the keychain, which has the key")

// shut reports a keychain that is there and could not be read.
func shut(f auth.Finding) bool {
	return f.Layer == auth.InKeychain && f.Err != nil && f.State != auth.Unavailable && f.State != auth.Corrupt
}

// whileInForce calls save while no other process can change the credential,
// which is still that of owner. It waits for no person.
func (s *session) whileInForce(ctx context.Context, owner string, save func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, keepLimit)
	defer cancel()
	same := func(c auth.Credential) bool { return s.owner(c) == owner }
	switch err := s.auth.WhileActive(ctx, auth.Mogplex, busyLimit, same, save); {
	case errors.Is(err, auth.ErrBusy):
		return nil // others are at it, and keep theirs
	case errors.Is(err, auth.ErrConflict):
		return errOtherNow
	default:
		return err
	}
}

// errOtherNow: what belongs to one credential is not for the next one.
var errOtherNow = errors.New("the credential that it belongs to is not in force any more")
