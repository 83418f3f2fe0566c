package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
)

const (
	sealPrefix = "krs1:"
	sealKeyLen = 32 // bytes, for AES-256
)

// Sealer encrypts data for a file with AES-256-GCM, a random nonce, and a key that it keeps in the keychain. It reads
// the key at each call, because another process may have replaced it. It is safe for concurrent use.
//
// The first Seal creates the key. Hold a lock for it: of two processes that create one at once, the later key stays,
// and what the other process sealed cannot be opened.
type Sealer struct {
	Keyring *Keyring
	Account string // of the key
}

// Seal encrypts plain and returns one line of printable ASCII. The label is authenticated: Open needs the same one.
// Errors are those of [Keyring.Get] and [Keyring.Update].
func (s *Sealer) Seal(ctx context.Context, label string, plain []byte) (string, error) {
	key, err := s.readOrCreateKey(ctx)
	if err != nil {
		return "", err
	}
	gcm, err := newGCM(key)
	if err != nil {
		return "", err
	}
	sealed := gcm.Seal(nil, nil, plain, []byte(label))
	return sealPrefix + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal returned. It returns ErrCorrupt if the text was changed, sealed with another label, or
// sealed with a key that is no longer in the keychain; other errors are those of [Keyring.Get].
func (s *Sealer) Open(ctx context.Context, label, sealed string) ([]byte, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(sealed), sealPrefix)
	data, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil {
		return nil, fail(ErrCorrupt, "it is not sealed data")
	}
	key, found, err := s.Keyring.Get(ctx, s.Account)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fail(ErrCorrupt, "the key that sealed it is not in the keychain")
	}
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nil, data, []byte(label))
	if err != nil {
		return nil, fail(ErrCorrupt, "the key in the keychain does not open it")
	}
	return plain, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fail(ErrCorrupt, "the sealing key has the wrong length")
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// errKeyExists ends an Update: another process created the key first.
var errKeyExists = errors.New("the key exists")

func (s *Sealer) readOrCreateKey(ctx context.Context) ([]byte, error) {
	key, found, err := s.Keyring.Get(ctx, s.Account)
	if err != nil || found {
		return key, err
	}
	err = s.Keyring.Update(ctx, s.Account, func(current []byte) ([]byte, error) {
		if key = current; key != nil {
			return nil, errKeyExists
		}
		key = make([]byte, sealKeyLen)
		rand.Read(key)
		return key, nil
	})
	switch {
	case errors.Is(err, errKeyExists):
		return key, nil
	case errors.Is(err, ErrChanged): // another process replaced ours
		if key, found, err = s.Keyring.Get(ctx, s.Account); err == nil && !found {
			err = fail(ErrCorrupt, "the sealing key was removed")
		}
	}
	return key, err
}
