package keyring

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"
)

// connection is a connection to the Secret Service, which vaults of different access share.
type connection struct {
	conn       *dbus.Conn
	backend    secretService
	collection dbus.ObjectPath

	mu        sync.Mutex
	sessionID dbus.ObjectPath          // opened by the first search; "" before
	found     map[string]hits          // the hits of the last Get of a name, until that is written or deleted
	deleted   map[string]bool          // names that Delete was the last to change
	marked    map[dbus.ObjectPath]bool // items that Delete marked as deleted, for Tidy
}

// hits are an account's items of ours, the latest first, and whether another program has one of the same service and
// account. Unless they are complete, there may be more.
type hits struct {
	items    []item
	twin     bool
	complete bool
}

func (h hits) has(path dbus.ObjectPath) bool {
	return slices.ContainsFunc(h.items, func(it item) bool { return it.path == path })
}

// item is an item of ours.
type item struct {
	path     dbus.ObjectPath
	payload  string
	err      error // ErrCorrupt, or nil
	noSchema bool
}

// session is the session in which secrets are exchanged; "" before the first search.
func (c *connection) session() dbus.ObjectPath {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessionID
}

// call makes one method call and stores its results.
func (c *connection) call(ctx context.Context, path dbus.ObjectPath, method string, flags dbus.Flags, args []any, results ...any) error {
	return answer(c.start(ctx, path, method, flags, args...), method, results...)
}

// start sends one method call, for answer to wait for.
func (c *connection) start(ctx context.Context, path dbus.ObjectPath, method string, flags dbus.Flags, args ...any) *dbus.Call {
	return c.conn.Object(secretsName, path).GoWithContext(ctx, method, flags, make(chan *dbus.Call, 1), args...)
}

// answer waits for a call and stores its results. godbus ends the call when its context ends.
func answer(call *dbus.Call, method string, results ...any) error {
	if call = <-call.Done; call.Err != nil {
		return classify(call.Err)
	}
	if err := call.Store(results...); err != nil {
		return fail(ErrUnavailable, "the Secret Service's answer to %s has the wrong form", method)
	}
	return nil
}

// connect says Hello to the bus and chooses the collection.
//
// It first reads the service's list of collections and waits for the answer, because gnome-keyring sometimes crashes if
// the first call of a connection is OpenSession or reads a property of a collection. It sends Hello and this call
// together.
func (c *connection) connect(ctx context.Context) error {
	hello := c.conn.BusObject().GoWithContext(ctx, "org.freedesktop.DBus.Hello", 0, make(chan *dbus.Call, 1))
	paths, err := c.collections(ctx, dbus.FlagNoAutoStart)
	if err := answer(hello, "Hello", new(string)); err != nil {
		return err
	}
	if errors.Is(err, errLost) {
		if err = c.activate(ctx); err == nil {
			paths, err = c.collections(ctx, 0)
		}
	}
	if err != nil {
		return err
	}
	return c.choose(ctx, paths)
}

func (c *connection) collections(ctx context.Context, flags dbus.Flags) (paths []dbus.ObjectPath, err error) {
	var value dbus.Variant
	if err := c.call(ctx, secretsPath, propertiesGet, flags, []any{serviceInterface, "Collections"}, &value); err != nil {
		return nil, err
	}
	paths, ok := value.Value().([]dbus.ObjectPath)
	if !ok {
		return nil, fail(ErrUnavailable, "the Secret Service's list of collections has the wrong form")
	}
	return paths, nil
}

const noCollection = "the Secret Service has no default collection"

// choose finds the collection that go-keyring uses: "login", or else the one with the alias "default".
func (c *connection) choose(ctx context.Context, paths []dbus.ObjectPath) error {
	if slices.Contains(paths, loginPath) {
		c.collection = loginPath
		return nil
	}
	err := c.call(ctx, secretsPath, serviceInterface+".ReadAlias", 0, []any{"default"}, &c.collection)
	switch {
	case err != nil:
		return err
	case c.collection == noObject:
		return fail(ErrUnavailable, noCollection)
	case c.collection == sessionPath: // as on a headless machine without a login collection
		return fail(ErrUnavailable, "its default collection lasts only until the session ends")
	}
	return nil
}

// activate starts the provider if the bus has a service file for it.
func (c *connection) activate(ctx context.Context) error {
	var names []string
	bus := c.conn.BusObject()
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&names); err != nil {
		return classify(err)
	}
	if !slices.Contains(names, secretsName) {
		return fail(ErrUnavailable, "no Secret Service provider is running")
	}
	return classify(bus.CallWithContext(ctx, "org.freedesktop.DBus.StartServiceByName", 0, secretsName, uint32(0)).Err)
}

// Name asks the bus which program owns the Secret Service.
func (c *connection) Name(ctx context.Context) string {
	var pid uint32
	if c.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixProcessID", 0, secretsName).Store(&pid) != nil {
		return secretServiceName
	}
	return secretServiceName + providerSuffix(pid)
}
