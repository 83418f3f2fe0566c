package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Saved reports where a credential was stored and which ones it replaced.
type Saved struct {
	Credential Credential
	Layer      string       // its name
	Path       string       // of the file
	Replaced   []Credential // in this store, and strays of the same key
	Warnings   []string
	// KeepSessions keeps the replaced credentials from being revoked: the new one
	// was not checked with the service.
	KeepSessions bool
}

// Ended returns the replaced credentials that the caller has to revoke. The new
// credential does not use their sessions.
func (s Saved) Ended() (ended []Credential) {
	if s.KeepSessions {
		return nil
	}
	for _, old := range s.Replaced {
		if !old.Token.Equal(s.Credential.Token) && (old.Refresh.IsZero() || !old.Refresh.Equal(s.Credential.Refresh)) {
			ended = append(ended, old)
		}
	}
	return ended
}

// ErrNotSaved says that no store has the new credential. The stored ones are unchanged.
var ErrNotSaved = errors.New("the credential could not be stored")

// notSavedError is an ErrNotSaved with the layer and its error.
type notSavedError struct {
	layer string
	err   error
}

func (e notSavedError) Error() string {
	return fmt.Sprintf("the credential could not be stored in the %s: %v", e.layer, e.err)
}

func (e notSavedError) Unwrap() []error { return []error{ErrNotSaved, e.err} }

// NotSavedIn returns the layer that failed to take a credential, if err is of class
// ErrNotSaved. That layer may have stored the credential nevertheless; no other has.
func NotSavedIn(err error) (layer string) {
	var e notSavedError
	_ = errors.As(err, &e)
	return e.layer
}

// found is one layer's record, as a writer found it.
type found struct {
	layer *Layer
	rec   Record
	found bool
	err   error // nil for a damaged record, which can be replaced
}

// load loads a key from every enabled layer.
func (m *Manager) load(ctx context.Context, key Key) (all []found) {
	for _, l := range m.all() {
		if l.Disabled {
			continue
		}
		f := found{layer: l}
		f.rec, f.found, f.err = l.Store.Load(ctx, key)
		if errors.Is(f.err, ErrDamaged) || f.err != nil && l.Replaces != nil && l.Replaces(f.err) {
			f.err = nil
		}
		all = append(all, f)
	}
	return all
}

// destination chooses the layer for a sign-in: the keychain, or the file if there is
// no keychain. A keychain that exists but can't be used is an error.
func destination(all []found) (to *found, err error) {
	for i := range all {
		f := &all[i]
		switch {
		case f.rec.later:
			return nil, notSavedError{f.layer.Name, ErrLater}
		case f.err == nil:
			return f, nil
		case f.layer.State(f.err) == Unavailable && !f.layer.Required && i+1 < len(all):
			continue
		}
		return nil, notSavedError{f.layer.Name, f.err}
	}
	return nil, ErrNotSaved
}

// Prepare checks before a sign-in whether a store can take the credential, so that a
// keychain asks to be unlocked, or fails, before a person signs in. It returns the
// stored credentials.
func (m *Manager) Prepare(ctx context.Context, provider string) (stored []Credential, err error) {
	m.MakeID(ctx)
	key := m.Key(provider)
	all := m.load(ctx, key)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := destination(all); err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.found && f.rec.Type != "" {
			stored = append(stored, m.withDisplaced(ctx, key, f.layer.Name, f.rec).Credential)
		}
	}
	return stored, nil
}

// MakeID creates the directory's id, before something is first stored under it in the
// keychain.
func (m *Manager) MakeID(ctx context.Context) {
	if m.needsID() {
		m.Dir.MakeID(ctx, m.keychainHas)
	}
}

// keychainHas reports whether a keychain has an item of a directory id.
func (m *Manager) keychainHas(ctx context.Context, id string) (bool, error) {
	for _, l := range m.all() {
		if !l.shared() {
			continue
		}
		if l.Disabled {
			return false, fmt.Errorf("the %s is disabled", l.Name)
		}
		list, err := l.Store.List(ctx)
		if err != nil || slices.ContainsFunc(list, func(item Listed) bool { return item.Key.DirID == id }) {
			return err == nil, err
		}
	}
	return false, nil
}

// SignIn stores a new credential in place of its key's record, and removes the key's
// records from the other layers. It reads the records that it replaces under the
// lock. If it fails, they are unchanged.
func (m *Manager) SignIn(ctx context.Context, c Credential) (Saved, error) {
	m.MakeID(ctx)
	key := m.Key(c.Provider)
	if c.Provider == Mogplex {
		c.Issuer = key.Origin
	}
	c.SavedAt = m.Now().UTC()
	lock, err := m.lock(ctx, key, lockWait, m.all(), nil)
	if err != nil {
		return Saved{}, err
	}
	defer lock.Unlock()
	var saved Saved
	if lock.missing != nil {
		saved.Warnings = append(saved.Warnings, fmt.Sprintf("another process may change the credential at the same time, because it can't be locked: %v", lock.missing))
	}
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	for range maxAttempts {
		err = m.replace(ctx, key, Record{Credential: c, Revision: firstRevision()}, &saved)
		if !errors.Is(err, ErrConflict) {
			break
		}
	}
	m.announce(key)
	return saved, err
}

// replace stores rec over the current records.
func (m *Manager) replace(ctx context.Context, key Key, rec Record, saved *Saved) error {
	all := m.load(ctx, key)
	to, err := destination(all)
	if err != nil {
		return err
	}
	old := to.rec.Revision
	if to.found && to.rec.ReadOnly {
		old = Revision{} // stored beside the other program's record
	}
	if err := to.layer.Store.Swap(ctx, key, old, rec); err != nil {
		if errors.Is(err, ErrConflict) {
			return err
		}
		return notSavedError{to.layer.Name, err}
	}
	saved.Credential, saved.Layer, saved.Path = rec.Credential, to.layer.Name, to.layer.Path
	unused := "the %s was not used: %v" // a layer before the destination
	for i := range all {
		f := &all[i]
		if f == to {
			unused = "the %s could not be read, and may hold another credential: %v"
		}
		if f.err != nil {
			saved.Warnings = append(saved.Warnings, fmt.Sprintf(unused, f.layer.Name, f.err))
			continue
		}
		m.removeReplaced(ctx, key, f, f == to, saved)
	}
	return nil
}

// removeReplaced removes the record that a layer had before a sign-in. If replaced, the
// sign-in has already overwritten it.
func (m *Manager) removeReplaced(ctx context.Context, key Key, f *found, replaced bool, saved *Saved) {
	if f.found && !f.rec.ReadOnly {
		gone := m.withDisplaced(ctx, key, f.layer.Name, f.rec).Credential
		if !replaced {
			if err := f.remove(ctx, key); err != nil {
				saved.Warnings = append(saved.Warnings, fmt.Sprintf("another credential may be left in the %s, unused: %v", f.layer.Name, err))
				return
			}
		}
		if gone.Type != "" {
			saved.Replaced = append(saved.Replaced, gone)
		}
	}
	m.dropDisplaced(ctx, key, f.layer.Name)
}

// remove removes a record. It ignores an error if the layer has no record afterwards.
func (f *found) remove(ctx context.Context, key Key) error {
	_, _, err := f.layer.Store.Delete(ctx, key, &f.rec.Revision)
	if err != nil {
		if _, left, loadErr := f.layer.Store.Load(ctx, key); !left && loadErr == nil {
			return nil
		}
	}
	return err
}
