package auth

import "github.com/mogplex/mogplex-cli/keyring"

// For the tests outside the package, which run over the real places.

// NewMemory is a Keychain and File in memory.
func NewMemory() *memory { return newMemory(&injector{}) }

// NewRing makes a keyring a Keychain.
func NewRing(k *keyring.Keyring) ringPlace { return ringPlace{k} }

// FirstRevision begins a sign-in.
func FirstRevision() Revision { return firstRevision() }

// Next is the revision of the write after r.
func (r Revision) Next() Revision { return r.next() }

// NewClaim is the mark of a renewal under way.
var NewClaim = newClaim

// WithUnknown adds fields of a later version.
func (r Record) WithUnknown(fields string) Record {
	r.unknown = NewSecret(fields)
	return r
}

// Unknown are the fields of a later version.
func (r Record) Unknown() string { return r.unknown.Reveal() }
