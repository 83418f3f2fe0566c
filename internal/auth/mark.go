package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"
)

// Mark is a note on a record: a renewal is under way (a claim), or the service
// rejected the refresh token.
type Mark struct {
	State string // claimed or rejected
	// Lock is the ID of the lock under which a claim was made. If another process
	// holds that lock now, the maker of the claim has ended.
	Lock  string
	Until time.Time // when a claim expires
	// Key decrypts the renewed token in displaced.json, if the store did not take it.
	Key sealKey
}

// storedMark is the stored form of a Mark, which reveals its key.
type storedMark struct {
	State string    `json:"state"`
	Lock  string    `json:"lock,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Key   string    `json:"key,omitempty"`
}

func (m *Mark) stored() *storedMark {
	if m == nil {
		return nil
	}
	return &storedMark{m.State, m.Lock, m.Until, m.Key.Reveal()}
}

func (m *storedMark) mark() *Mark {
	if m == nil {
		return nil
	}
	return &Mark{m.State, m.Lock, m.Until, sealKey{NewSecret(m.Key)}}
}

const (
	claimed  = "claimed"
	rejected = "rejected"
)

func newClaim(lock string, until time.Time) *Mark {
	key := make([]byte, 32) // AES-256
	rand.Read(key)
	return &Mark{State: claimed, Lock: lock, Until: until.UTC(), Key: sealKey{NewSecret(base64.StdEncoding.EncodeToString(key))}}
}

// clockSlack is how much longer than Until a claim is respected, because the clocks
// of two machines differ.
const clockSlack = 2 * time.Minute

// hasActiveClaim reports whether another process may be renewing the record. lock is
// the ID of the lock that the caller holds, if any: the maker of a claim under the
// same lock has ended.
func (r Record) hasActiveClaim(lock string, now time.Time) bool {
	m := r.Mark
	if m == nil || m.State != claimed || lock != "" && m.Lock == lock {
		return false
	}
	return now.Before(m.Until.Add(clockSlack))
}

// Rejected reports that the service rejected the record's refresh token.
func (r Record) Rejected() bool { return r.Mark != nil && r.Mark.State == rejected }

// sealKey encrypts one renewed token, once. It is stored as base64.
type sealKey struct{ Secret }

func (k sealKey) cipher() (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(k.Reveal())
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (k sealKey) seal(label string, plain []byte) (string, error) {
	gcm, err := k.cipher()
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(nil, nil, plain, []byte(label))), nil
}

var errSealed = errors.New("the key does not decrypt it")

func (k sealKey) open(label, sealed string) ([]byte, error) {
	data, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errSealed
	}
	gcm, err := k.cipher()
	if err != nil {
		return nil, errSealed
	}
	plain, err := gcm.Open(nil, nil, data, []byte(label))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}
