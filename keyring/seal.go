package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
)

const (
	sealPrefix = "krs1:"
	sealKeyLen = 32 // AES-256
)

// Sealer encrypts what has to lie in a file, with a key that is kept in the
// keychain: AES-256-GCM with a random nonce. It is safe for concurrent use.
//
// The key is made at the first Prepare or Seal that finds none. The caller takes
// a lock for the first use: between two processes that make one at once, the
// later one stays.
type Sealer struct {
	Keyring *Keyring
	Account string // of the key's own item

	mu  sync.Mutex
	gcm cipher.AEAD // of the key as it was last read; nil before
}

// Prepare reads the key, or makes it, so that a later Seal needs no keychain. It
// reads it each time: another process may have removed or replaced it.
func (s *Sealer) Prepare(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read(ctx, true)
}

// Seal encrypts plain. The label is bound to it: Open must be given the same.
// The result is printable ASCII on one line.
func (s *Sealer) Seal(ctx context.Context, label string, plain []byte) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gcm == nil {
		if err := s.read(ctx, true); err != nil {
			return "", err
		}
	}
	sealed := s.gcm.Seal(nil, nil, plain, []byte(label))
	return sealPrefix + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// IsSealed reports whether text looks like what Seal makes.
func IsSealed(text string) bool { return strings.HasPrefix(text, sealPrefix) }

// Open decrypts what Seal made. What was altered, sealed under another label,
// or sealed with a key that is gone, is ErrCorrupt.
func (s *Sealer) Open(ctx context.Context, label, sealed string) ([]byte, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(sealed), sealPrefix)
	data, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil {
		return nil, fail(ErrCorrupt, "it is not sealed data")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gcm != nil {
		if plain, err := s.gcm.Open(nil, nil, data, []byte(label)); err == nil {
			return plain, nil
		}
	}
	if err := s.read(ctx, false); err != nil {
		return nil, err
	}
	plain, err := s.gcm.Open(nil, nil, data, []byte(label))
	if err != nil {
		return nil, fail(ErrCorrupt, "the key in the keychain does not open it")
	}
	return plain, nil
}

// read takes the key from the keychain; mu is held.
func (s *Sealer) read(ctx context.Context, create bool) error {
	key, err := s.key(ctx, create)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return fail(ErrCorrupt, "the sealing key has the wrong length")
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err == nil {
		s.gcm = gcm
	}
	return err
}

// errKeyExists ends the making of a key: another process made it.
var errKeyExists = errors.New("the key exists")

func (s *Sealer) key(ctx context.Context, create bool) ([]byte, error) {
	key, found, err := s.Keyring.Get(ctx, s.Account)
	if err != nil || found {
		return key, err
	}
	if !create {
		return nil, fail(ErrCorrupt, "the key that sealed it is not in the keychain")
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
	case errors.Is(err, ErrChanged):
		return s.key(ctx, false)
	case errors.Is(err, errKeyExists):
		return key, nil
	}
	return key, err
}
