package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Store keeps records. A keychain and a file have no compare-and-swap of their
// own: there Swap and Delete are safe under the key's lock.
type Store interface {
	// Load returns the record of a key. found is false if there is none, which is
	// never an error. For a damaged record found is true, the error is ErrDamaged,
	// and the revision is valid.
	Load(ctx context.Context, key Key) (rec Record, found bool, err error)
	// Swap stores rec in place of the record of revision old; the zero Revision
	// stands for no record. If the stored revision is another, it writes nothing and
	// returns ErrConflict.
	Swap(ctx context.Context, key Key, old Revision, rec Record) error
	// Delete removes the record of revision old, or of any if old is nil, and returns
	// it. If the stored revision is another, it returns ErrConflict. Like Swap it
	// returns ErrLater for a record of a later version, unless old is nil.
	Delete(ctx context.Context, key Key, old *Revision) (removed Record, found bool, err error)
	// List returns all records except those of other programs.
	List(ctx context.Context) ([]Listed, error)
}

// Listed is a record that List found. Err is why it can't be used.
type Listed struct {
	Key    Key
	Record Record
	Err    error
}

var (
	// ErrConflict says that the stored record has another revision than the one to
	// replace. The caller loads it again and uses it.
	ErrConflict = errors.New("the stored credential was changed meanwhile")
	// ErrLater says that a later version of mogplex wrote the record.
	ErrLater = errors.New("a later version of mogplex stored this credential")
	// ErrDamaged says that a stored entry can't be used. Its text does not quote the
	// entry.
	ErrDamaged = errors.New("the stored credential is damaged")
)

// Place keeps entries by name, as keyring.Keyring and legacyfile.File do.
type Place interface {
	// Get returns the entry under name; found is false if there is none. For a
	// damaged entry it returns an error, found is true, and the entry is the one that
	// Update passes to change.
	Get(ctx context.Context, name string) (entry []byte, found bool, err error)
	// Update reads the entry, nil if there is none, calls change once, and stores the
	// result; nil removes the entry. If change fails, it writes nothing. It returns
	// nil only after a read-back found the result.
	Update(ctx context.Context, name string, change func(current []byte) (next []byte, err error)) error
}

// damagedError is why a place could not read an entry, as an ErrDamaged.
type damagedError struct{ error }

func (e damagedError) Unwrap() []error { return []error{ErrDamaged, e.error} }

// records is a Store over a Place.
type records struct {
	place Place
	name  func(Key) (string, error)
	list  func(context.Context) ([]Listed, error)
	// located says that records name their directory and profile.
	located bool
	// foreign, if set, reports whether an entry is another program's, to be only read.
	foreign func(ctx context.Context, name string) (bool, error)
}

// Load implements [Store].
func (s records) Load(ctx context.Context, key Key) (Record, bool, error) {
	name, err := s.name(key)
	if err != nil {
		return Record{}, false, err
	}
	entry, found, err := s.place.Get(ctx, name)
	switch {
	case err != nil && found:
		return Record{Revision: revisionOf(entry)}, true, damagedError{err}
	case err != nil || !found:
		return Record{}, false, err
	}
	rec, err := decodeRecord(key, entry)
	if s.foreign != nil && err == nil {
		rec.ReadOnly, err = s.foreign(ctx, name)
	}
	return rec, true, err
}

// Swap implements [Store].
func (s records) Swap(ctx context.Context, key Key, old Revision, rec Record) error {
	name, err := s.name(key)
	if err != nil {
		return err
	}
	entry, err := rec.encode(key, s.located)
	if err != nil {
		return err
	}
	written := false
	err = s.place.Update(ctx, name, func(current []byte) ([]byte, error) {
		switch there := revisionOf(current); {
		case there != old:
			return nil, ErrConflict
		case isLater(current):
			return nil, ErrLater
		}
		written = true
		return entry, nil
	})
	if err != nil && written && s.holds(ctx, name, rec.Revision) {
		return nil
	}
	return err
}

// holds reports whether the record of a revision is stored. A write that returned an
// error may have succeeded.
func (s records) holds(ctx context.Context, name string, revision Revision) bool {
	entry, found, err := s.place.Get(ctx, name)
	return err == nil && found && revisionOf(entry) == revision
}

// Delete implements [Store].
func (s records) Delete(ctx context.Context, key Key, old *Revision) (removed Record, found bool, err error) {
	name, err := s.name(key)
	if err != nil {
		return Record{}, false, err
	}
	err = s.place.Update(ctx, name, func(current []byte) ([]byte, error) {
		switch {
		case current == nil: // the place removes the remains of an interrupted write
			return nil, nil
		case old != nil && revisionOf(current) != *old:
			return nil, ErrConflict
		case old != nil && isLater(current):
			return nil, ErrLater
		}
		found = true
		removed, _ = decodeRecord(key, current)
		return nil, nil
	})
	return removed, found && err == nil, err
}

// List implements [Store].
func (s records) List(ctx context.Context) ([]Listed, error) { return s.list(ctx) }

// Keychain is a [Place] in a keychain.
type Keychain interface {
	Place
	// All returns every entry of this program with its value, in one pass. An entry
	// that can't be read has a nil value.
	All(ctx context.Context) (map[string][]byte, error)
}

// KeychainStore keeps records in a keychain.
func KeychainStore(k Keychain) Store {
	name := func(key Key) (string, error) { return key.Account(), key.noID }
	return records{place: k, name: name, located: true, list: func(ctx context.Context) ([]Listed, error) {
		all, err := k.All(ctx)
		var list []Listed
		for _, account := range slices.Sorted(maps.Keys(all)) {
			if listed, ours := listedAccount(account, all[account]); ours {
				list = append(list, listed)
			}
		}
		return list, err
	}}
}

// listedAccount decodes an item of the keychain. The record names its directory. ours
// is false for an item that is not a credential.
func listedAccount(account string, entry []byte) (listed Listed, ours bool) {
	key := accountKey(account)
	if _, known := ProviderNamed(key.Provider); !known {
		return Listed{}, false
	}
	rec, err := decodeRecord(key, entry)
	key.Dir = rec.dir
	if key.Provider == Mogplex {
		key.Origin = canonicalOrigin(cmp.Or(rec.Issuer, DefaultOrigin))
	}
	if err == nil && AccountNamed(key.Provider, key) != account {
		err = fmt.Errorf("%w: it is stored under another credential's name", ErrDamaged)
	}
	return Listed{Key: key, Record: rec, Err: err}, true
}

// File is a [Place] in a file such as auth.json.
type File interface {
	Place
	// List returns the names of all entries.
	List(ctx context.Context) ([]string, error)
	// Foreign reports whether the entry that Get returns is another program's.
	Foreign(ctx context.Context, name string) (bool, error)
}

// FileStore keeps the records of one profile in its auth.json. base has the profile's
// directory.
func FileStore(f File, base Key) Store {
	name := func(key Key) (string, error) { return key.Name(), nil }
	s := records{place: f, name: name, foreign: f.Foreign}
	s.list = func(ctx context.Context) ([]Listed, error) {
		names, err := f.List(ctx)
		var list []Listed
		for _, name := range names {
			key, ours := fileKey(base, name)
			if !ours {
				continue
			}
			rec, found, err := s.Load(ctx, key)
			if found {
				list = append(list, Listed{Key: key, Record: rec, Err: err})
			}
		}
		return list, err
	}
	return s
}
