package keyring

import (
	"context"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

func (v *vault) attributesFor(name string) map[string]string {
	attributes := map[string]string{"service": v.backend.service, "username": name}
	if v.backend.schema != "" {
		attributes[schemaAttribute] = v.backend.schema
	}
	return attributes
}

// create creates an item with go-keyring, over this connection. go-keyring replaces an item that has all of the
// attributes. A provider that ignores the schema could replace another program's twin, so createBeside is used if there
// is one. If ctx ends first, create closes the connection, so that a prompt that is answered later can store nothing.
func (v *vault) create(ctx context.Context, name, payload string, twin bool) error {
	if twin {
		return v.createBeside(ctx, name, payload)
	}
	service := &ss.SecretService{Conn: v.conn}
	return v.unlocked(ctx, v.collection, func() error {
		return classify(bounded(ctx, v.Close, func() error {
			return service.CreateItem(v.conn.Object(secretsName, v.collection), v.backend.labelFor(name),
				v.attributesFor(name), ss.NewSecret(v.session(), payload))
		}))
	})
}

func (v *vault) createBeside(ctx context.Context, name, payload string) error {
	properties := map[string]dbus.Variant{
		itemInterface + ".Label":      dbus.MakeVariant(v.backend.labelFor(name)),
		itemInterface + ".Attributes": dbus.MakeVariant(v.attributesFor(name)),
	}
	var path, prompt dbus.ObjectPath
	args := []any{properties, ss.NewSecret(v.session(), payload), false}
	err := v.unlocked(ctx, v.collection, func() error {
		return v.call(ctx, v.collection, collectionInterface+".CreateItem", 0, args, &path, &prompt)
	})
	if err != nil || prompt == noObject {
		return err
	}
	return v.show(ctx, prompt) // KeePassXC completes it without a person
}

// adopt gives our schema and label to an item of ours that has none.
func (v *vault) adopt(ctx context.Context, name string, path dbus.ObjectPath) error {
	for property, value := range map[string]any{"Attributes": v.attributesFor(name), "Label": v.backend.labelFor(name)} {
		args := []any{itemInterface, property, dbus.MakeVariant(value)}
		if err := v.call(ctx, path, "org.freedesktop.DBus.Properties.Set", 0, args); err != nil {
			return err
		}
	}
	return nil
}

// Twin returns the payload of another program's item that has no attributes but service and username.
func (v *vault) Twin(ctx context.Context, account string) (payload string, found bool, err error) {
	paths, err := v.search(ctx, map[string]string{"username": account})
	if err != nil {
		return "", false, err
	}
	for i, attributes := range v.attributesOf(ctx, paths) {
		if attributes.err != nil {
			return "", false, attributes.err
		}
		if v.backend.ownership(attributes.values) != withoutSchema {
			continue
		}
		if payload, err = v.readSecret(ctx, paths[i]); err != nil || !isOurs(payload) {
			return payload, err == nil, err
		}
	}
	return "", false, nil
}
