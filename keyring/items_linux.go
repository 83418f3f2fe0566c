package keyring

import (
	"context"
	"errors"
	"slices"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

// An item is ours if it has our schema attribute, or exactly our two attributes and a payload of ours. Any other item
// with our two attributes is a twin, which belongs to another program: this package does not change or delete it, and
// reads it only for Options.Plain.

// find returns the account's items. It searches with our schema first, because it then need not read the attributes of
// the hits. After a deletion it expects none, and searches only once, without the schema.
func (v *vault) find(ctx context.Context, name string) (h hits, err error) {
	v.mu.Lock()
	deleted := v.deleted[name]
	v.mu.Unlock()
	if v.backend.schema != "" && !deleted {
		paths, err := v.search(ctx, map[string]string{"username": name, schemaAttribute: v.backend.schema})
		if err != nil {
			return hits{}, err
		}
		if len(paths) > 0 {
			return v.readHits(ctx, paths, nil)
		}
	}
	return v.findAll(ctx, name, hits{})
}

// findAll adds the account's other items to those that find returned. It decides by their attributes.
func (v *vault) findAll(ctx context.Context, name string, h hits) (hits, error) {
	if h.complete {
		return h, nil
	}
	candidates, err := v.search(ctx, map[string]string{"username": name})
	if err != nil {
		return hits{}, err
	}
	candidates = slices.DeleteFunc(candidates, h.has)
	var schema, noSchema []dbus.ObjectPath
	twin := false
	for i, attributes := range v.attributesOf(ctx, candidates) {
		if attributes.err != nil {
			return hits{}, attributes.err
		}
		switch v.backend.ownership(attributes.values) {
		case withSchema:
			schema = append(schema, candidates[i])
		case withoutSchema:
			noSchema = append(noSchema, candidates[i])
		default:
			twin = true
		}
	}
	others, err := v.readHits(ctx, schema, noSchema)
	return hits{
		items:    append(h.items, others.items...),
		twin:     twin || others.twin,
		complete: true,
	}, err
}

// ownership says whether an item is ours, as far as its attributes show.
type ownership int

const (
	notOurs ownership = iota
	withSchema
	withoutSchema // ours if the payload is one of ours
)

func (s secretService) ownership(attributes map[string]string) ownership {
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

// addedByProvider reports attributes that a provider adds to every item: gnome-keyring the first, KeePassXC the others.
func addedByProvider(name, value string) bool {
	switch name {
	case schemaAttribute:
		return value == "" || value == "org.freedesktop.Secret.Generic"
	case "Notes", "Path", "Title", "URL", "UserName", "Uuid":
		return true
	}
	return false
}

// readHits reads items with our schema, and items without a schema that are ours if their payload is. It sorts the latest
// first.
func (v *vault) readHits(ctx context.Context, schema, noSchema []dbus.ObjectPath) (h hits, err error) {
	for i, path := range append(schema, noSchema...) {
		it := item{path: path, noSchema: i >= len(schema)}
		if it.payload, err = v.readSecret(ctx, path); err != nil {
			return hits{}, err
		}
		if it.noSchema && !isOurs(it.payload) {
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

func (v *vault) readSecret(ctx context.Context, path dbus.ObjectPath) (string, error) {
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

// callsAhead is how many calls attributesOf sends before it waits for their answers.
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
				err = fail(ErrUnavailable, "the Secret Service's answer to Attributes has the wrong form")
			}
			all = append(all, attributes{values, err})
		}
	}
	return all
}

// All returns all our items by name, from one search and one call for all secrets.
func (v *vault) All(ctx context.Context) (map[string]Item, error) {
	paths, err := v.search(ctx, map[string]string{})
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	secrets := map[dbus.ObjectPath]secret{}
	err = v.call(ctx, secretsPath, serviceInterface+".GetSecrets", 0, []any{paths, v.session()}, &secrets)
	if err != nil && (ctx.Err() != nil || errors.Is(err, errLost)) {
		return nil, err
	}
	items := map[string]Item{}
	for i, attributes := range v.attributesOf(ctx, paths) {
		owner := v.backend.ownership(attributes.values)
		if errors.Is(attributes.err, errNoObject) || attributes.err == nil && owner == notOurs {
			continue
		}
		if attributes.err != nil {
			return nil, attributes.err
		}
		it := Item{Payload: string(secrets[paths[i]].Value)}
		if _, ok := secrets[paths[i]]; !ok { // as of a locked item
			it.Payload, it.Err = v.readSecret(ctx, paths[i])
		}
		if it.Err == nil && owner == withoutSchema && !isOurs(it.Payload) || errors.Is(it.Err, errNoObject) {
			continue
		}
		if it.Err == nil && isMarker(it.Payload) {
			v.forTidy(paths[i])
		}
		addLatest(items, attributes.values["username"], it)
	}
	return items, ctx.Err()
}

// addLatest adds an item, unless a later one of the name is there.
func addLatest(items map[string]Item, name string, it Item) {
	if it.Err == nil {
		_, _, it.Err = decode(it.Payload)
	}
	other, known := items[name]
	if !known || it.Err == nil && (other.Err != nil || later(it.Payload, other.Payload)) {
		items[name] = it
	}
}

// marker returns the payload that marks an item as deleted. It counts as the write after payload.
func marker(payload string) string {
	return header{count: countOf(payload) + 1, deleted: true}.encode("")
}

// later reports whether to use payload a rather than b, of two items for one account.
func later(a, b string) bool {
	if x, y := countOf(a), countOf(b); x != y {
		return x > y
	}
	return a > b // any order, as long as all readers use the same
}
