package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
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
// The key is made at the first Prepare or Seal that finds none. Two processes
// that do so at once can each make one, of which one stays; the caller takes a
// lock for the first use.
type Sealer struct {
	Keyring *Keyring
	Account string // of the key's own item

	mu  sync.Mutex
	gcm cipher.AEAD
}

// Prepare reads the key, or makes it, so that a later Seal needs no keychain.
func (s *Sealer) Prepare(ctx context.Context) error {
	_, err := s.aead(ctx, true)
	return err
}

// Seal encrypts plain. The label is bound to it: Open must be given the same.
// The result is printable ASCII on one line.
func (s *Sealer) Seal(ctx context.Context, label string, plain []byte) (string, error) {
	gcm, err := s.aead(ctx, true)
	if err != nil {
		return "", err
	}
	sealed := gcm.Seal(nil, nil, plain, []byte(label))
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
	gcm, err := s.aead(ctx, false)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nil, data, []byte(label))
	if err != nil {
		return nil, fail(ErrCorrupt, "the key in the keychain does not open it")
	}
	return plain, nil
}

func (s *Sealer) aead(ctx context.Context, create bool) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gcm != nil {
		return s.gcm, nil
	}
	key, err := s.key(ctx, create)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fail(ErrCorrupt, "the sealing key has the wrong length")
	}
	s.gcm, err = cipher.NewGCMWithRandomNonce(block)
	return s.gcm, err
}

func (s *Sealer) key(ctx context.Context, create bool) ([]byte, error) {
	key, found, err := s.Keyring.Get(ctx, s.Account)
	if err != nil || found {
		return key, err
	}
	if !create {
		return nil, fail(ErrCorrupt, "the key that sealed it is not in the keychain")
	}
	key = make([]byte, sealKeyLen)
	rand.Read(key)
	if err := s.Keyring.Set(ctx, s.Account, key); err != nil {
		return nil, err
	}
	return key, nil
}
