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
	State   State        // Absent if nothing is left; Disabled or Unavailable if the layer was not read
	Foreign bool         // another program's credential is left, and still used
	Held    []Credential // the removed credentials; the caller revokes them
	Err     error
}

// Failed reports whether a record may be left. It is false for a keychain that could
// not be reached at all, unless it is required; it is true for one that disappeared
// in between.
func (r Removal) Failed() bool { return r.Err != nil }

// Remove removes a key's record from every enabled layer, and continues after
// failures. If a keychain requires a person to confirm, Remove empties the item under
// the lock, and shows the prompt after it releases the lock.
func (m *Manager) Remove(ctx context.Context, key Key) ([]Removal, error) {
	reached := map[*Layer]bool{}
	for _, f := range m.load(ctx, key) { // prompts to unlock a keychain, while no lock is held
		reached[f.layer] = f.err == nil
	}
	lock, err := m.lock(ctx, key, lockWait, m.all(), nil)
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
	// announce before as well, because a process that is killed in between can't do so
	// afterwards. Watchers look a moment after an announcement.
	m.announce(key)
	defer m.announce(key)
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	for _, l := range m.all() {
		removals = append(removals, m.removeFrom(ctx, l, key, reached[l]))
	}
	return removals
}

// removeFrom removes a record from one layer. If an optional layer can't be reached,
// that is an error only if it was reached before.
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
	if !l.shared() { // a file, which may also show another program's credential
		if left, still, err := l.Store.Load(ctx, key); err == nil && still {
			done.State, done.Foreign = Present, left.ReadOnly
		}
	}
	return done
}

// RemoveListed removes a record that List found in a layer, of any directory, profile
// and service, under the lock of its key. It takes no lock if the directory is gone.
func (m *Manager) RemoveListed(ctx context.Context, layer string, item Listed) Removal {
	l, key := m.layerNamed(layer), item.Key
	if _, err := os.Stat(key.Home()); err == nil && key.Dir != "" {
		lock, err := m.lock(ctx, key, lockWait, []*Layer{l}, nil)
		if err != nil {
			return Removal{Layer: layer, Key: key, State: Present, Err: err}
		}
		defer lock.Unlock()
		defer m.announce(key)
	}
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	return m.removeFrom(ctx, l, key, true)
}
