package keyring

import (
	"context"
	"errors"
	"slices"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

// An item is ours if it has our schema attribute, or exactly our two attributes and a payload of ours. Any other with
// our two attributes is a twin, which belongs to another program: it is not read, changed or deleted.

// look finds the account's items. One with our schema is found by a search for that, and needs no look at its
// attributes; after a deletion there is none to expect.
func (v *vault) look(ctx context.Context, name string) (h hits, err error) {
	v.mu.Lock()
	deleted := v.deleted[name]
	v.mu.Unlock()
	if v.opt.schema != "" && !deleted {
		paths, err := v.search(ctx, map[string]string{"username": name, schemaAttribute: v.opt.schema})
		if err != nil {
			return hits{}, err
		}
		if len(paths) > 0 {
			return v.weigh(ctx, paths, nil)
		}
	}
	return v.complete(ctx, name, hits{})
}

// complete adds to what look found the account's other items, by the attributes of each that could be one.
func (v *vault) complete(ctx context.Context, name string, h hits) (hits, error) {
	if h.complete {
		return h, nil
	}
	candidates, err := v.search(ctx, map[string]string{"username": name})
	if err != nil {
		return hits{}, err
	}
	candidates = slices.DeleteFunc(candidates, h.has)
	var sure, loose []dbus.ObjectPath
	twin := false
	for i, attributes := range v.attributesOf(ctx, candidates) {
		if attributes.err != nil {
			return hits{}, attributes.err
		}
		switch v.opt.claim(attributes.values) {
		case withSchema:
			sure = append(sure, candidates[i])
		case withoutSchema:
			loose = append(loose, candidates[i])
		default:
			twin = true
		}
	}
	others, err := v.weigh(ctx, sure, loose)
	return hits{
		items:    append(h.items, others.items...),
		twin:     twin || others.twin,
		complete: true,
	}, err
}

// claim is what an item's attributes say about its owner.
type claim int

const (
	notOurs claim = iota
	withSchema
	withoutSchema // it is ours if its payload is
)

func (s secretService) claim(attributes map[string]string) claim {
	if attributes["service"] != s.service {
		return notOurs
	}
	if _, ok := attributes["username"]; !ok {
		return notOurs
	}
	if s.schema != "" && attributes[schemaAttribute] == s.schema {
		return withSchema
	}
	for name, value := range attributes {
		if name != "username" && name != "service" && !addedByProvider(name, value) {
			return notOurs
		}
	}
	return withoutSchema
}

// addedByProvider recognises the attributes that gnome-keyring, first, and KeePassXC give to every item.
func addedByProvider(name, value string) bool {
	switch name {
	case schemaAttribute:
		return value == "" || value == "org.freedesktop.Secret.Generic"
	case "Notes", "Path", "Title", "URL", "UserName", "Uuid":
		return true
	}
	return false
}

// weigh reads the items that are or may be ours, and puts the one that counts first.
func (v *vault) weigh(ctx context.Context, sure, loose []dbus.ObjectPath) (h hits, err error) {
	for i, path := range append(sure, loose...) {
		it := item{path: path, loose: i >= len(sure)}
		if it.payload, err = v.secretOf(ctx, path); err != nil {
			return hits{}, err
		}
		if it.loose && !isOurs(it.payload) {
			h.twin = true
			continue
		}
		_, _, it.err = decode(it.payload)
		h.items = append(h.items, it)
	}
	slices.SortStableFunc(h.items, func(a, b item) int {
		switch {
		case (a.err == nil) != (b.err == nil) && a.err == nil, a.err == nil && later(a.payload, b.payload):
			return -1
		case a.payload == b.payload:
			return 0
		}
		return 1
	})
	return h, nil
}

// secret is the Secret Service's (oayays) structure.
type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func (v *vault) secretOf(ctx context.Context, path dbus.ObjectPath) (string, error) {
	var s secret
	err := v.unlocked(ctx, path, func() error {
		return v.call(ctx, path, itemInterface+".GetSecret", 0, []any{v.session()}, &s)
	})
	return string(s.Value), err
}

func (v *vault) setSecret(ctx context.Context, path dbus.ObjectPath, payload string) error {
	s := ss.NewSecret(v.session(), payload)
	return v.unlocked(ctx, path, func() error {
		return v.call(ctx, path, itemInterface+".SetSecret", 0, []any{s})
	})
}

// attributes are an item's, or the reason why they can't be read.
type attributes struct {
	values map[string]string
	err    error
}

// callsAhead is how many calls wait for their answers at once.
const callsAhead = 50

// attributesOf reads the attributes of many items.
func (v *vault) attributesOf(ctx context.Context, paths []dbus.ObjectPath) (all []attributes) {
	for some := range slices.Chunk(paths, callsAhead) {
		var calls []*dbus.Call
		for _, path := range some {
			calls = append(calls, v.start(ctx, path, propertiesGet, 0, itemInterface, "Attributes"))
		}
		for _, call := range calls {
			var value dbus.Variant
			err := answer(call, "Attributes", &value)
			values, ok := value.Value().(map[string]string)
			if err == nil && !ok {
				err = fail(ErrUnavailable, "the Secret Service's answer about an item has the wrong form")
			}
			all = append(all, attributes{values, err})
		}
	}
	return all
}

// All returns the payloads of all items of ours, by name, from one search and one call for all secrets.
func (v *vault) All(ctx context.Context) (payloads map[string]string, unreadable map[string]error, err error) {
	paths, err := v.search(ctx, map[string]string{})
	if err != nil || len(paths) == 0 {
		return nil, nil, err
	}
	secrets := map[dbus.ObjectPath]secret{}
	err = v.call(ctx, secretsPath, serviceInterface+".GetSecrets", 0, []any{paths, v.session()}, &secrets)
	if err != nil && (ctx.Err() != nil || errors.Is(err, errLost)) {
		return nil, nil, err
	}
	payloads, unreadable = map[string]string{}, map[string]error{}
	for i, attributes := range v.attributesOf(ctx, paths) {
		claim := v.opt.claim(attributes.values)
		if errors.Is(attributes.err, errNoObject) || attributes.err == nil && claim == notOurs {
			continue
		}
		if attributes.err != nil {
			return nil, nil, attributes.err
		}
		payload, err := v.oneOf(ctx, secrets, paths[i])
		if err == nil && claim == withoutSchema && !isOurs(payload) || errors.Is(err, errNoObject) {
			continue
		}
		v.file(payloads, unreadable, attributes.values["username"], payload, err)
		if err == nil && isMarker(payload) {
			v.remember(paths[i])
		}
	}
	return payloads, unreadable, ctx.Err()
}

// oneOf returns an item's payload. One that did not come with the others, as a locked one does not, is asked for.
func (v *vault) oneOf(ctx context.Context, secrets map[dbus.ObjectPath]secret, path dbus.ObjectPath) (string, error) {
	if s, ok := secrets[path]; ok {
		return string(s.Value), nil
	}
	return v.secretOf(ctx, path)
}

// file puts an item under its name, where a readable and later one may be.
func (v *vault) file(payloads map[string]string, unreadable map[string]error, name, payload string, err error) {
	if err == nil {
		_, _, err = decode(payload)
	}
	other, known := payloads[name]
	switch {
	case err != nil && !known:
		unreadable[name] = err
	case err == nil && (!known || later(payload, other)):
		payloads[name] = payload
		delete(unreadable, name)
	}
}

// marker returns the payload of an item that stands for nothing, as the write after payload.
func marker(payload string) string {
	return header{count: countOf(payload) + 1, deleted: true}.encode("")
}

// later reports whether payload a is to be used rather than b, of two items for one account.
func later(a, b string) bool {
	if x, y := countOf(a), countOf(b); x != y {
		return x > y
	}
	return a > b // any order will do, as long as all readers have the same
}
