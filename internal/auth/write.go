package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Saved says where a credential was stored, and what it replaced.
type Saved struct {
	Credential Credential
	Layer      string       // InKeychain or InFile
	Path       string       // of the file
	Replaced   []Credential // in this store, and strays of the same key
	Warnings   []string
	// KeepSessions says that what was replaced is not to be revoked: nobody knows
	// whether the new credential works.
	KeepSessions bool
}

// Ended are the replaced credentials whose sessions are to be ended at the
// service.
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

// ErrNotSaved says that no store took the credential. What was stored before is
// unchanged.
var ErrNotSaved = errors.New("no store took the credential")

// notSavedError is why a layer did not take a credential.
type notSavedError struct {
	layer string
	err   error
}

func (e notSavedError) Error() string {
	return fmt.Sprintf("the %s did not take the credential: %v", e.layer, e.err)
}

func (e notSavedError) Unwrap() []error { return []error{ErrNotSaved, e.err} }

// NotSavedIn is the layer that did not take a credential, if err is of class
// ErrNotSaved. It was asked, and may hold the credential all the same; no other
// does.
func NotSavedIn(err error) (layer string) {
	var e notSavedError
	_ = errors.As(err, &e)
	return e.layer
}

// found is what a writer found in the layers, as they are ordered; nil stands
// for a disabled one.
type found struct {
	layer *Layer
	rec   Record
	found bool
	err   error // what is damaged has none: it can be replaced
}

// load reads a key from every enabled layer.
func (m *Manager) load(ctx context.Context, key Key) (all []found) {
	for _, l := range m.all() {
		if l.Disabled {
			continue
		}
		f := found{layer: l}
		f.rec, f.found, f.err = l.Store.Load(ctx, key)
		if errors.Is(f.err, ErrDamaged) || f.err != nil && !f.found && l.State(f.err) == Corrupt {
			f.err = nil
		}
		all = append(all, f)
	}
	return all
}

// destination is the layer that a sign-in is stored in: the keychain, or the
// file if there is no keychain at all. A keychain that is there and can't be used
// is not replaced by the file.
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

// Prepare readies the stores for a sign-in, before anyone begins one: a keychain
// has a person unlock it now, and one that can't be used ends it here. It returns
// what is stored now.
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
			stored = append(stored, m.live(ctx, key, f.layer.Name, f.rec).Credential)
		}
	}
	return stored, nil
}

// MakeID names the directory before something is first stored under its name in
// the keychain.
func (m *Manager) MakeID(ctx context.Context) {
	if !m.keychainDisabled() {
		m.Dir.MakeID(ctx, m.keychainHas)
	}
}

// keychainHas reports that the keychain holds something of a directory id. The
// error is that it could not be looked into.
func (m *Manager) keychainHas(ctx context.Context, id string) (bool, error) {
	for _, l := range m.Layers {
		if l.Name != InKeychain {
			continue
		}
		if l.Disabled {
			return false, errors.New("the keychain is not to be used")
		}
		list, err := l.Store.List(ctx)
		if err != nil {
			return false, err
		}
		for _, item := range list {
			if item.Key.DirID == id {
				return true, nil
			}
		}
	}
	return false, nil
}

// SignIn stores a new credential in place of what its key has, and removes the
// strays of the same key. What was replaced is read under the lock. If it fails,
// what was stored before is unchanged.
func (m *Manager) SignIn(ctx context.Context, c Credential) (Saved, error) {
	m.MakeID(ctx)
	key := m.Key(c.Provider)
	if c.Provider == Mogplex {
		c.Issuer = key.Origin
	}
	c.SavedAt = m.Now().UTC()
	lock, err := m.lock(ctx, key, LockWait, m.all(), nil)
	if err != nil {
		return Saved{}, err
	}
	defer lock.Unlock()
	var saved Saved
	if lock.missing != nil {
		saved.Warnings = append(saved.Warnings, fmt.Sprintf("no other process could be kept from changing it at the same time: %v", lock.missing))
	}
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	for range maxTurns {
		err = m.replace(ctx, key, Record{Credential: c, Revision: firstRevision()}, &saved)
		if !errors.Is(err, ErrConflict) {
			break
		}
	}
	m.Announce(key)
	return saved, err
}

// replace stores rec over what is there now.
func (m *Manager) replace(ctx context.Context, key Key, rec Record, saved *Saved) error {
	all := m.load(ctx, key)
	to, err := destination(all)
	if err != nil {
		return err
	}
	old := to.rec.Revision
	if to.found && to.rec.ReadOnly {
		old = Revision{} // ours goes beside the other program's
	}
	if err := to.layer.Store.Swap(ctx, key, old, rec); err != nil {
		if errors.Is(err, ErrConflict) {
			return err
		}
		return notSavedError{to.layer.Name, err}
	}
	saved.Credential, saved.Layer, saved.Path = rec.Credential, to.layer.Name, to.layer.Path
	unused := "the %s was not used: %v"
	for i := range all {
		f := &all[i]
		if f == to {
			unused = "the %s was not looked into, and may hold another credential: %v"
		}
		if f.err != nil {
			saved.Warnings = append(saved.Warnings, fmt.Sprintf(unused, f.layer.Name, f.err))
			continue
		}
		m.settle(ctx, key, f, f == to, saved)
	}
	return nil
}

// settle removes what a layer held before a sign-in; replaced says that the
// sign-in is in its place.
func (m *Manager) settle(ctx context.Context, key Key, f *found, replaced bool, saved *Saved) {
	if f.found && !f.rec.ReadOnly {
		gone := m.live(ctx, key, f.layer.Name, f.rec).Credential
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

// remove removes a record. What a layer says of that does not count if it holds
// none afterwards.
func (f *found) remove(ctx context.Context, key Key) error {
	_, _, err := f.layer.Store.Delete(ctx, key, &f.rec.Revision)
	if err != nil {
		if _, left, loadErr := f.layer.Store.Load(ctx, key); !left && loadErr == nil {
			return nil
		}
	}
	return err
}

// Removal is what came of removing a key from one layer.
type Removal struct {
	Layer   string
	Key     Key
	Removed bool
	State   State        // Absent if nothing is left; Disabled and Unavailable were not looked into
	Foreign bool         // another program's is left, and still in use
	Held    []Credential // what it held, to be revoked
	Err     error
}

// Failed reports that something may be left. A keychain that can't be reached at
// all is no failure unless it is required: then the file alone counts. One that
// goes away in the middle is a failure.
func (r Removal) Failed() bool { return r.Err != nil }

// Remove takes a key's record out of every enabled layer, and goes on after
// failures. A keychain that wants a person for that is emptied first, and asks
// after the lock is released.
func (m *Manager) Remove(ctx context.Context, key Key) ([]Removal, error) {
	reached := map[*Layer]bool{}
	for _, f := range m.load(ctx, key) { // has a person unlock a keychain, while no lock is held
		reached[f.layer] = f.err == nil
	}
	lock, err := m.lock(ctx, key, LockWait, m.all(), nil)
	if err != nil {
		return nil, err
	}
	removals := m.removeLocked(ctx, key, reached)
	lock.Unlock()
	for i, l := range m.all() {
		if l.Tidy == nil || l.Disabled || !removals[i].Removed {
			continue
		}
		if err := l.Tidy(ctx); err != nil {
			removals[i].Err = fmt.Errorf("an empty item is left: %w", err)
		}
	}
	return removals, nil
}

func (m *Manager) removeLocked(ctx context.Context, key Key, reached map[*Layer]bool) (removals []Removal) {
	// Before as well: a process that is killed in between tells nobody, and who is
	// told looks a moment later.
	m.Announce(key)
	defer m.Announce(key)
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	for _, l := range m.all() {
		removals = append(removals, m.removeFrom(ctx, l, key, reached[l]))
	}
	return removals
}

// removeFrom takes a record out of one layer. That a layer can't be reached is a
// failure if it was reached a moment ago.
func (m *Manager) removeFrom(ctx context.Context, l *Layer, key Key, reached bool) Removal {
	done := Removal{Layer: l.Name, Key: key, State: Disabled}
	if l.Disabled {
		return done
	}
	rec, found, err := l.Store.Delete(ctx, key, nil)
	if err != nil {
		done.State, done.Err = l.State(err), err
		if done.State == Unavailable && !l.Required && !reached {
			done.Err = nil
		}
		return done
	}
	done.State, done.Removed = Absent, found
	if found && rec.Type != "" {
		done.Held = append(done.Held, rec.Credential)
		renewed, waits, err := m.displaced(ctx, key, l.Name, rec)
		if done.Err = err; waits && !renewed.Refresh.Equal(rec.Refresh) {
			done.Held = append(done.Held, renewed.Credential)
		}
	}
	m.dropDisplaced(ctx, key, l.Name)
	if left, still, err := l.foreign(ctx, key); err == nil && still {
		done.State, done.Foreign = Present, left.ReadOnly
	}
	return done
}

// RemoveListed removes a record that a layer's List found, whichever directory,
// profile or service it is of, under the lock of that key.
func (m *Manager) RemoveListed(ctx context.Context, layer string, item Listed) Removal {
	l, key := m.layerNamed(layer), item.Key
	if _, err := os.Stat(key.Home()); err == nil && key.Dir != "" {
		lock, err := m.lock(ctx, key, LockWait, []*Layer{l}, nil)
		if err != nil {
			return Removal{Layer: layer, Key: key, State: Present, Err: err}
		}
		defer lock.Unlock()
		defer m.Announce(key)
	}
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	return m.removeFrom(ctx, l, key, true)
}

// foreign returns what a file still gives for the key after ours was removed.
func (l *Layer) foreign(ctx context.Context, key Key) (Record, bool, error) {
	if l.Name != InFile {
		return Record{}, false, nil
	}
	return l.Store.Load(ctx, key)
}
