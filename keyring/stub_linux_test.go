package keyring_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

const (
	stubName       = "org.freedesktop.secrets"
	stubPath       = dbus.ObjectPath("/org/freedesktop/secrets")
	stubCollection = stubPath + "/collection/login"
	stubItem       = stubCollection + "/1"
	stubInterface  = "org.freedesktop.Secret."
)

// promptAct is what happens after a prompt is shown. It runs in its own goroutine
// and may complete the prompt.
type promptAct func(s *stub, complete func(dismissed bool))

func answered(_ *stub, complete func(bool))      { complete(false) }
func dismissed(_ *stub, complete func(bool))     { complete(true) }
func neverAnswered(*stub, func(bool))            {}
func providerLeaves(s *stub, _ func(bool))       { _ = s.conn.Close() }
func dismissedSlowly(_ *stub, c func(bool))      { time.Sleep(400 * time.Millisecond); c(true) }
func completedOddly(s *stub, _ func(bool))       { s.emit(s.lastPrompt(), "no boolean") }
func completedWithNothing(s *stub, _ func(bool)) { s.emit(s.lastPrompt()) }

// stub is a Secret Service with a login collection of at most one item, in states
// that gnome-keyring reaches only on a desktop.
type stub struct {
	// Set before it starts.
	unlockPrompt promptAct      // nil unlocks without one
	createPrompt promptAct      // nil stores without one
	deletePrompt promptAct      // nil deletes without one
	answers      map[string]any // "Interface.Method" or "Interface.Property" answered otherwise

	conn *dbus.Conn

	mu         sync.Mutex
	locked     map[dbus.ObjectPath]bool
	attributes map[string]string // of the item; nil if there is none
	value      string
	prompts    int // made
	shown      int
	dismissals int
	client     dbus.Sender // who created an item last
	replaced   bool        // CreateItem was asked to replace an item
	relocks    int         // how often a read or write finds the item locked again
}

type stubSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

// startStub starts a stub on its own bus, which becomes that of the test.
func startStub(t *testing.T, s *stub) *stub {
	t.Helper()
	bus := session(t, keyringtest.Options{NoProvider: true})
	conn, err := dbus.Connect(bus.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s.conn = conn
	if s.locked == nil {
		s.locked = map[dbus.ObjectPath]bool{}
	}
	s.export(stubPath, "Service", map[string]any{"OpenSession": s.openSession, "Unlock": s.unlock, "ReadAlias": s.readAlias, "GetSecrets": s.getSecrets})
	s.export(stubCollection, "Collection", map[string]any{"SearchItems": s.searchItems, "CreateItem": s.createItem})
	s.export(stubItem, "Item", map[string]any{"GetSecret": s.getSecret, "SetSecret": s.setSecret, "Delete": s.deleteItem})
	s.export(stubPath+"/session/1", "Session", map[string]any{"Close": func() *dbus.Error { return nil }})
	if _, err := conn.RequestName(stubName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return s
}

// holding gives the stub an item of ours.
func holding(s *stub, value string) *stub {
	s.attributes, s.value = map[string]string{"service": "mogplex-test", "username": "a", "xdg:schema": testSchema}, value
	return s
}

func lockedAt(s *stub, paths ...dbus.ObjectPath) *stub {
	s.locked = map[dbus.ObjectPath]bool{}
	for _, path := range paths {
		s.locked[path] = true
	}
	return s
}

func (s *stub) export(path dbus.ObjectPath, name string, methods map[string]any) {
	for method := range methods {
		if other, ok := s.answers[name+"."+method]; ok {
			methods[method] = other
		}
	}
	_ = s.conn.ExportMethodTable(methods, path, stubInterface+name)
	get := func(_, property string) (dbus.Variant, *dbus.Error) { return s.property(path, name, property) }
	_ = s.conn.ExportMethodTable(map[string]any{"Get": get}, path, "org.freedesktop.DBus.Properties")
}

func (s *stub) property(path dbus.ObjectPath, name, property string) (dbus.Variant, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.answers[name+"."+property]
	switch {
	case ok:
	case property == "Collections":
		value = []dbus.ObjectPath{stubCollection}
	case property == "Locked":
		value = s.locked[path]
	case property == "Attributes":
		value = s.attributes
	default:
		return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", nil)
	}
	return dbus.MakeVariant(value), nil
}

func (s *stub) openSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), stubPath + "/session/1", nil
}

func (s *stub) unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := func() {
		for _, path := range paths {
			delete(s.locked, path)
		}
	}
	if s.unlockPrompt == nil || !s.locked[paths[0]] {
		open()
		return paths, "/", nil
	}
	return nil, s.newPrompt(s.unlockPrompt, open, paths), nil
}

func (s *stub) searchItems(wanted map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attributes == nil {
		return nil, nil
	}
	for name, value := range wanted {
		if s.attributes[name] != value {
			return nil, nil
		}
	}
	return []dbus.ObjectPath{stubItem}, nil
}

func (s *stub) readAlias(string) (dbus.ObjectPath, *dbus.Error) { return stubCollection, nil }

// shut reports that a call finds the item locked; mu is held.
func (s *stub) shut() *dbus.Error {
	if s.relocks > 0 {
		s.relocks--
	} else if !s.locked[stubItem] && !s.locked[stubCollection] {
		return nil
	}
	return dbus.NewError("org.freedesktop.Secret.Error.IsLocked", nil)
}

func (s *stub) getSecret(session dbus.ObjectPath) (stubSecret, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.shut(); err != nil {
		return stubSecret{}, err
	}
	return stubSecret{Session: session, Value: []byte(s.value), ContentType: "text/plain"}, nil
}

func (s *stub) getSecrets(paths []dbus.ObjectPath, session dbus.ObjectPath) (map[dbus.ObjectPath]stubSecret, *dbus.Error) {
	secret, err := s.getSecret(session)
	if err != nil {
		return nil, nil // as gnome-keyring leaves out what is locked
	}
	return map[dbus.ObjectPath]stubSecret{paths[0]: secret}, nil
}

func (s *stub) setSecret(secret stubSecret) *dbus.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.shut(); err != nil {
		return err
	}
	s.value = string(secret.Value)
	return nil
}

func (s *stub) deleteItem() (dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	remove := func() { s.attributes = nil }
	if s.deletePrompt == nil {
		remove()
		return "/", nil
	}
	return s.newPrompt(s.deletePrompt, remove, ""), nil
}

func (s *stub) createItem(from dbus.Sender, properties map[string]dbus.Variant, secret stubSecret, replace bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client, s.replaced = from, replace
	attributes, _ := properties[stubInterface+"Item.Attributes"].Value().(map[string]string)
	store := func() { s.attributes, s.value = attributes, string(secret.Value) }
	if s.createPrompt == nil {
		store()
		return stubItem, "/", nil
	}
	return "/", s.newPrompt(s.createPrompt, store, stubItem), nil
}

// newPrompt exports a prompt that calls do when it is completed.
func (s *stub) newPrompt(act promptAct, do func(), result any) dbus.ObjectPath {
	s.prompts++
	path := stubPath + "/prompt/p" + dbus.ObjectPath(strconv.Itoa(s.prompts))
	complete := func(dismissed bool) {
		if !dismissed {
			s.mu.Lock()
			do()
			s.mu.Unlock()
		}
		s.emit(path, dismissed, dbus.MakeVariant(result))
	}
	s.export(path, "Prompt", map[string]any{
		"Prompt": func(string) *dbus.Error {
			s.count(&s.shown)
			go act(s, complete)
			return nil
		},
		"Dismiss": func() *dbus.Error {
			s.count(&s.dismissals)
			return nil
		},
	})
	return path
}

func (s *stub) emit(prompt dbus.ObjectPath, body ...any) {
	_ = s.conn.Emit(prompt, stubInterface+"Prompt.Completed", body...)
}

func (s *stub) lastPrompt() dbus.ObjectPath {
	s.mu.Lock()
	defer s.mu.Unlock()
	return stubPath + "/prompt/p" + dbus.ObjectPath(strconv.Itoa(s.prompts))
}

func (s *stub) count(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}

// counts returns how many prompts were shown and taken back.
func (s *stub) counts() (shown, dismissals int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown, s.dismissals
}

// clientIsThere reports whether the connection that created an item is still open.
func (s *stub) clientIsThere() (there bool) {
	s.mu.Lock()
	client := s.client
	s.mu.Unlock()
	_ = s.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, string(client)).Store(&there)
	return there
}

// state returns what the item holds, whether one was created, and whether in place of another.
func (s *stub) state() (value string, created, replaced bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.client != "", s.replaced
}
