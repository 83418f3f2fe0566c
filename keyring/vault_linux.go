package keyring

import (
	"context"
	"errors"
	"maps"
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
// unlock to the connection that made it, and another one's end can lock it in mid-call.
var relockPauses = []time.Duration{20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond, 160 * time.Millisecond, 320 * time.Millisecond}

// unlocked makes a call, and unlocks the object at path if that is locked.
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

// search returns the items whose attributes include our service and these, in an unlocked collection: a locked one may
// have nothing to show.
func (v *vault) search(ctx context.Context, attributes map[string]string) (items []dbus.ObjectPath, err error) {
	attributes["service"] = v.opt.service
	err = v.unlocked(ctx, v.collection, func() error {
		items, err = v.searchOnce(ctx, attributes)
		return err
	})
	return items, err
}

// searchOnce asks in one round trip whether the collection is locked, for the items, and for the session, if there is
// none yet.
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
		v.opened = session
		v.mu.Unlock()
	}
	err = answer(locking, "Locked", &value)
	locked, ok := value.Value().(bool)
	switch {
	case err != nil && !errors.Is(err, errNoObject):
		return nil, err
	case err != nil || !ok:
		return nil, fail(ErrUnavailable, "the Secret Service has no default collection to keep things in")
	case locked:
		return nil, fail(ErrLocked, "")
	}
	err = answer(searching, "SearchItems", &items)
	return items, err
}

// Get returns the payload of the account's item of ours; of several, which only an interruption or another program can
// have brought about, the later one's.
func (v *vault) Get(ctx context.Context, name string) (string, bool, error) {
	h, err := v.look(ctx, name)
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

// known returns what the last Get found, once, or looks.
func (v *vault) known(ctx context.Context, name string) (hits, error) {
	v.mu.Lock()
	h, ok := v.found[name]
	delete(v.found, name)
	v.mu.Unlock()
	if ok {
		return h, nil
	}
	return v.look(ctx, name)
}

// Set changes the account's item by its path, so that nothing else can be overwritten, or has go-keyring create it.
func (v *vault) Set(ctx context.Context, name, payload string) error {
	h, err := v.known(ctx, name)
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
	if first.loose && v.opt.schema != "" {
		if err := v.adopt(ctx, name, first.path); err != nil {
			return err
		}
	}
	for _, duplicate := range h.items[1:] {
		duplicate.payload = "" // so that what may stand for its deletion counts less than the item that stays
		if err := v.remove(ctx, duplicate); err != nil && !errors.Is(err, errNoObject) {
			return err
		}
	}
	return nil
}

// Delete removes all items of ours that the account has.
func (v *vault) Delete(ctx context.Context, name string) error {
	h, err := v.known(ctx, name)
	if err == nil {
		h, err = v.complete(ctx, name, h)
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

// remove deletes one item. If the keychain wants a person for that and none is there, the item stays, with a payload
// that stands for nothing, for Tidy.
func (v *vault) remove(ctx context.Context, it item) error {
	prompt := noObject
	err := v.unlocked(ctx, it.path, func() error {
		return v.call(ctx, it.path, itemInterface+".Delete", 0, nil, &prompt)
	})
	if err != nil || prompt == noObject {
		return err
	}
	if v.access.Attended {
		announce(v.access.OnConfirm)
		return v.show(ctx, prompt)
	}
	v.dismiss(prompt)
	if err := v.setSecret(ctx, it.path, marker(it.payload)); err != nil {
		return err
	}
	v.remember(it.path)
	return nil
}

func (v *vault) remember(path dbus.ObjectPath) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.emptied[path] = true
}

// Tidy deletes the items that were emptied, unless something was stored in them since.
func (v *vault) Tidy(ctx context.Context) error {
	v.mu.Lock()
	emptied := v.emptied
	v.emptied = map[dbus.ObjectPath]bool{}
	v.mu.Unlock()
	for path := range maps.Keys(emptied) {
		payload, err := v.secretOf(ctx, path)
		if err == nil && isMarker(payload) {
			err = v.remove(ctx, item{path: path, payload: payload})
		}
		if err != nil && !errors.Is(err, errNoObject) {
			return err
		}
	}
	return nil
}

// List returns the names of all items of ours.
func (v *vault) List(ctx context.Context) (names []string, err error) {
	payloads, unreadable, err := v.All(ctx)
	for name := range payloads {
		names = append(names, name)
	}
	for name := range unreadable {
		names = append(names, name)
	}
	return names, err
}
