package keyring

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
)

// vault is the Secret Service for one access.
type vault struct {
	*connection
	access Access
}

func (v *vault) WithAccess(access Access) Vault { return &vault{v.connection, access} }

func (v *vault) Close() { v.conn.Close() }

// relockPauses are the waits between attempts at a call that found a collection locked again: gnome-keyring ties an
// unlock to the connection that made it, and locks again when that connection ends, even during another one's call.
var relockPauses = []time.Duration{
	20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond, 160 * time.Millisecond, 320 * time.Millisecond,
}

// unlocked makes a call, and if the object at path is locked unlocks that and repeats the call.
func (v *vault) unlocked(ctx context.Context, path dbus.ObjectPath, call func() error) error {
	err := call()
	for _, wait := range relockPauses {
		if !errors.Is(err, ErrLocked) {
			return err
		}
		if err := v.unlock(ctx, path); err != nil {
			return err
		}
		if err = call(); !errors.Is(err, ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	return err
}

// search returns the items whose attributes include our service and these. It unlocks the collection first, because a
// locked collection may not show its items.
func (v *vault) search(ctx context.Context, attributes map[string]string) (items []dbus.ObjectPath, err error) {
	attributes["service"] = v.backend.service
	err = v.unlocked(ctx, v.collection, func() error {
		items, err = v.searchOnce(ctx, attributes)
		return err
	})
	return items, err
}

// searchOnce opens the session if there is none, reads whether the collection is locked, and searches it, in one round
// trip.
func (v *vault) searchOnce(ctx context.Context, attributes map[string]string) (items []dbus.ObjectPath, err error) {
	var opening *dbus.Call
	if v.session() == "" {
		opening = v.start(ctx, secretsPath, serviceInterface+".OpenSession", 0, "plain", dbus.MakeVariant(""))
	}
	locking := v.start(ctx, v.collection, propertiesGet, 0, collectionInterface, "Locked")
	searching := v.start(ctx, v.collection, collectionInterface+".SearchItems", 0, attributes)

	var output, value dbus.Variant
	var session dbus.ObjectPath
	if opening != nil {
		if err := answer(opening, "OpenSession", &output, &session); err != nil {
			return nil, err
		}
		v.mu.Lock()
		v.sessionID = session
		v.mu.Unlock()
	}
	err = answer(locking, "Locked", &value)
	locked, ok := value.Value().(bool)
	switch {
	case err != nil && !errors.Is(err, errNoObject):
		return nil, err
	case err != nil || !ok:
		return nil, fail(ErrUnavailable, noCollection)
	case locked:
		return nil, fail(ErrLocked, "")
	}
	err = answer(searching, "SearchItems", &items)
	return items, err
}

// Get returns the payload of our item for the account. If an interruption or another program left several, it is the
// latest one's.
func (v *vault) Get(ctx context.Context, name string) (string, bool, error) {
	h, err := v.find(ctx, name)
	if err != nil {
		return "", false, err
	}
	v.mu.Lock()
	v.found[name] = h
	v.mu.Unlock()
	if len(h.items) == 0 {
		return "", false, nil
	}
	return h.items[0].payload, true, h.items[0].err
}

// lastFound returns the hits of the last Get, once, and otherwise searches.
func (v *vault) lastFound(ctx context.Context, name string) (hits, error) {
	v.mu.Lock()
	h, ok := v.found[name]
	delete(v.found, name)
	v.mu.Unlock()
	if ok {
		return h, nil
	}
	return v.find(ctx, name)
}

// Set changes the account's item by its path, so that it can overwrite no other, or creates it with go-keyring.
func (v *vault) Set(ctx context.Context, name, payload string) error {
	h, err := v.lastFound(ctx, name)
	if err != nil {
		return err
	}
	v.mu.Lock()
	delete(v.deleted, name)
	v.mu.Unlock()
	if len(h.items) == 0 {
		return v.create(ctx, name, payload, h.twin)
	}
	first := h.items[0]
	if err := v.setSecret(ctx, first.path, payload); err != nil {
		return err
	}
	if first.noSchema && v.backend.schema != "" {
		if err := v.adopt(ctx, name, first.path); err != nil {
			return err
		}
	}
	for _, duplicate := range h.items[1:] {
		duplicate.payload = "" // so that a marker in its place has a lower count than the item that stays
		if err := v.remove(ctx, duplicate); err != nil && !errors.Is(err, errNoObject) {
			return err
		}
	}
	return nil
}

// Delete removes all our items for the account.
func (v *vault) Delete(ctx context.Context, name string) error {
	h, err := v.lastFound(ctx, name)
	if err == nil {
		h, err = v.findAll(ctx, name, h)
	}
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.deleted[name] = true
	v.mu.Unlock()
	for _, it := range h.items {
		if err := v.remove(ctx, it); err != nil && !errors.Is(err, errNoObject) {
			return err
		}
	}
	return nil
}

// remove deletes one item. If the keychain requires a person to confirm and none is there, it marks the item as deleted,
// for Tidy.
func (v *vault) remove(ctx context.Context, it item) error {
	prompt := noObject
	err := v.unlocked(ctx, it.path, func() error {
		return v.call(ctx, it.path, itemInterface+".Delete", 0, nil, &prompt)
	})
	if err != nil || prompt == noObject {
		return err
	}
	if v.access.Attended {
		v.access.OnConfirm()
		return v.show(ctx, prompt)
	}
	v.dismiss(prompt)
	if err := v.setSecret(ctx, it.path, marker(it.payload)); err != nil {
		return err
	}
	v.forTidy(it.path)
	return nil
}

func (v *vault) forTidy(path dbus.ObjectPath) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.marked[path] = true
}

// Tidy deletes the items that were marked as deleted, unless something was stored in them since.
func (v *vault) Tidy(ctx context.Context) error {
	v.mu.Lock()
	marked := v.marked
	v.marked = map[dbus.ObjectPath]bool{}
	v.mu.Unlock()
	for path := range marked {
		payload, err := v.readSecret(ctx, path)
		if err == nil && isMarker(payload) {
			err = v.remove(ctx, item{path: path, payload: payload})
		}
		if err != nil && !errors.Is(err, errNoObject) {
			return err
		}
	}
	return nil
}

// List returns the names of all our items.
func (v *vault) List(ctx context.Context) (names []string, err error) {
	items, err := v.All(ctx)
	return slices.Collect(maps.Keys(items)), err
}
