package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// Saved says where a credential was stored.
type Saved struct {
	Credential Credential // with its new SavedAt
	Layer      string     // Keychain or File
	Path       string     // of the file
	Warnings   []string   // why it is not where it should be; older copies left
}

// ErrNotSaved says that no store took the credential. What was stored before is
// unchanged.
var ErrNotSaved = errors.New("the credential could not be stored")

// Save stores a credential in the first layer that takes it, newer than every
// copy there is, and removes the older copies. The caller holds the provider's
// lock, see [Manager.Lock].
func (m *Manager) Save(ctx context.Context, c Credential, now time.Time) (Saved, error) {
	defer m.Announce()
	c.SavedAt = now.UTC()
	for _, f := range m.ask(ctx, c.Provider) {
		// A clock that was set back must not make the new copy the older one.
		if old := f.credential.SavedAt; !c.SavedAt.After(old) {
			c.SavedAt = old.Add(time.Millisecond)
		}
	}
	return m.place(ctx, c)
}

// place writes the credential as it is, to the first layer that takes it.
func (r *Resolver) place(ctx context.Context, c Credential) (Saved, error) {
	entry, err := c.Encode()
	if err != nil {
		return Saved{}, err
	}
	saved := Saved{Credential: c}
	errs := []error{ErrNotSaved}
	for i, l := range r.Layers {
		if l.Disabled {
			continue
		}
		if err := l.put(ctx, c.Provider, entry); err != nil {
			errs = append(errs, fmt.Errorf("the %s: %w", l.Name, err))
			saved.Warnings = append(saved.Warnings, fmt.Sprintf("the %s did not take the credential: %v", l.Name, err))
			continue
		}
		saved.Layer, saved.Path = l.Name, l.Path
		saved.Warnings = append(saved.Warnings, r.removeOlder(ctx, c.Provider, i+1)...)
		return saved, nil
	}
	return Saved{Warnings: saved.Warnings}, errors.Join(errs...)
}

// put writes an entry and reads it back. What is there afterwards decides,
// whatever the store said of the write.
func (l Layer) put(ctx context.Context, provider string, entry []byte) error {
	err := l.Store.Set(ctx, provider, entry)
	got, found, readErr := l.Store.Get(ctx, provider)
	switch {
	case found && sameEntry(provider, got, entry):
		return nil
	case err != nil:
		return err
	case readErr != nil:
		return fmt.Errorf("what it took can't be read back: %w", readErr)
	}
	return errors.New("it took the credential and did not keep it")
}

// sameEntry compares an entry as a store gave it back with a canonical one.
func sameEntry(provider string, got, entry []byte) bool {
	c, err := Decode(provider, got)
	if err != nil {
		return false
	}
	again, err := c.Encode()
	return err == nil && bytes.Equal(again, entry)
}

// removeOlder removes the copies in the layers from the given one on: those
// before it could not be written and lose by their saved time.
func (r *Resolver) removeOlder(ctx context.Context, provider string, from int) (warnings []string) {
	for _, l := range r.Layers[from:] {
		if l.Disabled {
			continue
		}
		if _, err := l.Store.Delete(ctx, provider); err != nil {
			warnings = append(warnings, fmt.Sprintf("an older copy may be left in the %s: %v", l.Name, err))
		}
	}
	return warnings
}

// Removal is what came of removing a provider's credential from one layer.
type Removal struct {
	Layer   string
	Removed bool
	State   State // Absent when nothing is left; Disabled and Unavailable were not looked into
	Err     error
}

// Failed reports that something may be left. A keychain that can't be reached
// at all is no failure where it is not required: there the file alone counts.
func (r Removal) Failed() bool { return r.Err != nil }

// Remove takes a provider's credential out of every layer, disabled ones
// apart, reads each back, and goes on after failures. The caller holds the
// provider's lock, see [Manager.Lock].
func (m *Manager) Remove(ctx context.Context, provider string) []Removal {
	// Before as well: a process that is killed in between tells nobody, and who
	// is told looks a moment later.
	m.Announce()
	defer m.Announce()
	var removals []Removal
	for _, l := range m.Layers {
		removals = append(removals, l.remove(ctx, provider))
	}
	return removals
}

func (l Layer) remove(ctx context.Context, provider string) Removal {
	done := Removal{Layer: l.Name, State: Disabled}
	if l.Disabled {
		return done
	}
	done.Removed, done.Err = l.Store.Delete(ctx, provider)
	done.State = Absent
	if done.Err != nil {
		done.State = l.State(done.Err)
		if done.State == Unavailable && !l.Required {
			done.Err = nil
		}
		return done
	}
	_, found, err := l.Store.Get(ctx, provider)
	switch {
	case err != nil:
		done.State, done.Err = l.State(err), fmt.Errorf("that it is gone can't be read back: %w", err)
	case found:
		done.Removed, done.State, done.Err = false, Present, errors.New("it was deleted and is still there")
	}
	return done
}
