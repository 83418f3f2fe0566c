package keyring

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/godbus/dbus/v5"
	gokeyring "github.com/zalando/go-keyring"
)

// vault is the Secret Service on one connection, for one operation.
type vault struct {
	conn       *dbus.Conn
	service    string
	access     Access
	collection dbus.ObjectPath
	session    dbus.ObjectPath // opened with the first search
}

func (v *vault) Close() { v.conn.Close() }

// call makes one method call and stores its results.
func (v *vault) call(ctx context.Context, path dbus.ObjectPath, method string, flags dbus.Flags, args []any, results ...any) error {
	call := v.conn.Object(secretsName, path).CallWithContext(ctx, method, flags, args...)
	if call.Err != nil {
		return classify(call.Err)
	}
	if err := call.Store(results...); err != nil {
		return fail(ErrUnavailable, "the Secret Service's answer to %s has the wrong form", method)
	}
	return nil
}

// open finds the collection and unlocks it where that is needed and allowed.
func (v *vault) open(ctx context.Context) error {
	locked, err := v.locked(ctx, dbus.FlagNoAutoStart)
	if errors.Is(err, errLost) {
		if err = v.activate(ctx); err == nil {
			locked, err = v.locked(ctx, 0)
		}
	}
	if err != nil {
		return err
	}
	if locked {
		return v.unlock(ctx, v.collection)
	}
	return nil
}

// locked finds the collection that go-keyring uses, "login" or else the one
// with the alias "default", and reads whether it is locked.
//
// The connection's first call is the service's list of collections, and its
// answer is waited for: gnome-keyring aborts now and then where that is a
// property of a collection or OpenSession, for which it has to know the client.
func (v *vault) locked(ctx context.Context, flags dbus.Flags) (bool, error) {
	var value dbus.Variant
	if err := v.call(ctx, secretsPath, propertiesGet, flags, []any{serviceInterface, "Collections"}, &value); err != nil {
		return false, err
	}
	paths, ok := value.Value().([]dbus.ObjectPath)
	if !ok {
		return false, fail(ErrUnavailable, "the Secret Service's list of collections has the wrong form")
	}
	v.collection = defaultPath
	if slices.Contains(paths, loginPath) {
		v.collection = loginPath
	}
	err := v.call(ctx, v.collection, propertiesGet, flags, []any{collectionInterface, "Locked"}, &value)
	locked, ok := value.Value().(bool)
	switch {
	case err != nil && !errors.Is(err, errNoObject):
		return false, err
	case err != nil || !ok:
		return false, fail(ErrUnavailable, "the Secret Service has no default collection to keep things in")
	}
	return locked, nil
}

// activate starts the provider where the bus knows how to.
func (v *vault) activate(ctx context.Context) error {
	var names []string
	bus := v.conn.BusObject()
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&names); err != nil {
		return classify(err)
	}
	for _, name := range names {
		if name == secretsName {
			return classify(bus.CallWithContext(ctx, "org.freedesktop.DBus.StartServiceByName", 0, secretsName, uint32(0)).Err)
		}
	}
	return fail(ErrUnavailable, "no Secret Service provider is running")
}

// search returns the items whose attributes include ours and these, opening
// the session in the same round trip where there is none yet.
func (v *vault) search(ctx context.Context, attributes map[string]string) ([]dbus.ObjectPath, error) {
	var session *dbus.Call
	if v.session == "" {
		session = v.conn.Object(secretsName, secretsPath).GoWithContext(ctx, serviceInterface+".OpenSession", 0, make(chan *dbus.Call, 1), "plain", dbus.MakeVariant(""))
	}
	attributes["service"] = v.service
	var items []dbus.ObjectPath
	err := v.call(ctx, v.collection, collectionInterface+".SearchItems", 0, []any{attributes}, &items)
	if session != nil {
		var output dbus.Variant
		opened := (<-session.Done).Store(&output, &v.session)
		if err == nil {
			err = classify(opened)
		}
	}
	return items, err
}

// secret is the Secret Service's (oayays) structure.
type secret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// Get returns the item with exactly our attributes. Where several are, which
// only another program can have brought about, the first of ours counts.
func (v *vault) Get(ctx context.Context, account string) (string, bool, error) {
	items, err := v.search(ctx, map[string]string{"username": account})
	if err != nil {
		return "", false, err
	}
	for _, item := range items {
		value, err := v.secretOf(ctx, item)
		if err != nil {
			return "", false, err
		}
		if strings.HasPrefix(value, wholePrefix) || strings.HasPrefix(value, manifestPrefix) {
			return value, true, nil
		}
		_, ours, err := v.accountOf(ctx, item)
		if err != nil {
			return "", false, err
		}
		if ours {
			return value, true, nil
		}
	}
	return "", false, nil
}

func (v *vault) secretOf(ctx context.Context, item dbus.ObjectPath) (string, error) {
	var s secret
	err := v.call(ctx, item, itemInterface+".GetSecret", 0, []any{v.session}, &s)
	if errors.Is(err, ErrLocked) {
		if err = v.unlock(ctx, item); err == nil {
			err = v.call(ctx, item, itemInterface+".GetSecret", 0, []any{v.session}, &s)
		}
	}
	return string(s.Value), err
}

// accountOf reads whose an item is. Ours has go-keyring's two attributes and
// nothing beside them but what a provider adds by itself.
func (v *vault) accountOf(ctx context.Context, item dbus.ObjectPath) (account string, ours bool, err error) {
	var value dbus.Variant
	if err := v.call(ctx, item, propertiesGet, 0, []any{itemInterface, "Attributes"}, &value); err != nil {
		return "", false, err
	}
	attributes, ok := value.Value().(map[string]string)
	if !ok {
		return "", false, fail(ErrUnavailable, "the Secret Service's answer about an item has the wrong form")
	}
	for name := range attributes {
		if name != "username" && name != "service" && !addedByProvider(name) {
			return "", false, nil
		}
	}
	account, ours = attributes["username"]
	return account, ours && attributes["service"] == v.service, nil
}

// addedByProvider names the attributes that gnome-keyring, first, and KeePassXC
// give to every item.
func addedByProvider(attribute string) bool {
	switch attribute {
	case "xdg:schema", "Notes", "Path", "Title", "URL", "UserName", "Uuid":
		return true
	}
	return false
}

// List reads the accounts of our items, not their secrets.
func (v *vault) List(ctx context.Context) ([]string, error) {
	items, err := v.search(ctx, map[string]string{})
	if err != nil {
		return nil, err
	}
	var accounts []string
	for _, item := range items {
		account, ours, err := v.accountOf(ctx, item)
		if err != nil {
			return nil, err
		}
		if ours {
			accounts = append(accounts, account)
		}
	}
	return accounts, nil
}

// Set replaces the account's item through go-keyring.
func (v *vault) Set(ctx context.Context, account, payload string) error {
	if _, err := v.ownItems(ctx, account); err != nil {
		return err
	}
	return v.shared(ctx, func() error { return gokeyring.Set(v.service, account, payload) })
}

// Delete removes every item of the account through go-keyring, which takes
// the first match at each call.
func (v *vault) Delete(ctx context.Context, account string) error {
	for {
		n, err := v.ownItems(ctx, account)
		if err != nil || n == 0 {
			return err
		}
		err = v.shared(ctx, func() error { return gokeyring.Delete(v.service, account) })
		if err != nil {
			return err
		}
		if left, err := v.ownItems(ctx, account); err != nil || left >= n {
			return err // it was not removed: the caller reads back and says so
		}
	}
}

// ownItems counts the account's items and refuses to go on where one of them
// is another program's: go-keyring matches on two attributes, and would
// overwrite or delete an item that has those and more.
func (v *vault) ownItems(ctx context.Context, account string) (int, error) {
	items, err := v.search(ctx, map[string]string{"username": account})
	if err != nil {
		return 0, err
	}
	for _, item := range items {
		_, ours, err := v.accountOf(ctx, item)
		if err != nil {
			return 0, err
		}
		if !ours {
			return 0, fail(ErrDenied, "another program keeps an item under the name %q of %q, and it would be overwritten", account, v.service)
		}
	}
	return len(items), nil
}

// shared runs a go-keyring call on the process' shared bus connection, after a
// property read as that connection's first call. A call given up on has its
// connection closed, so that a prompt answered later can store nothing.
func (v *vault) shared(ctx context.Context, call func() error) error {
	if addr, err := busAddress(); err != nil {
		return err
	} else if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != addr {
		// go-keyring looks for the bus by itself, and must find this one.
		os.Setenv("DBUS_SESSION_BUS_ADDRESS", addr)
	}
	var bus atomic.Pointer[dbus.Conn]
	abandon := func() {
		if conn := bus.Load(); conn != nil {
			conn.Close()
		}
	}
	err := bounded(ctx, abandon, func() error {
		conn, err := unhurried(ctx, dbus.SessionBus)
		if err != nil {
			return err
		}
		bus.Store(conn)
		if _, err := conn.Object(secretsName, secretsPath).GetProperty(serviceInterface + ".Collections"); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return call()
	})
	return classify(err)
}
