package auth

import (
	"context"
	"fmt"
	"os"
)

// Removal reports the removal of a key from one layer.
type Removal struct {
	Layer   string
	Key     Key
	Removed bool
	State   State        // Absent if nothing is left; Disabled and Unavailable were not looked into
	Foreign bool         // another program's is left, and still in use
	Held    []Credential // what it held, to be revoked
	Err     error
}

// Failed reports that something may be left. It is false for a keychain that could
// not be reached at all, unless it is required; it is true for one that disappeared
// in between.
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
	// Before as well: a process that is killed in between announces nothing, and
	// watchers look a moment after an announcement.
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
	if l.shared() {
		return Record{}, false, nil
	}
	return l.Store.Load(ctx, key)
}
