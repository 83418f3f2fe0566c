package keyring_test

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// traffic is what a session's bus carried to the Secret Service.
type traffic struct {
	mu    sync.Mutex
	calls map[string][]string // methods by the connection that called, in order
}

// watch monitors a session's bus until the test ends.
func watch(t *testing.T, s *keyringtest.Session) *traffic {
	t.Helper()
	conn, err := dbus.Connect(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	var owner string
	if err := conn.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, stubName).Store(&owner); err != nil {
		t.Fatal(err)
	}
	if err := conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{"type='method_call'"}, uint32(0)).Err; err != nil {
		t.Fatal(err)
	}
	seen := &traffic{calls: map[string][]string{}}
	messages := make(chan *dbus.Message, 4096)
	conn.Eavesdrop(messages)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m := range messages {
			to, _ := m.Headers[dbus.FieldDestination].Value().(string)
			from, _ := m.Headers[dbus.FieldSender].Value().(string)
			method, _ := m.Headers[dbus.FieldMember].Value().(string)
			if to == stubName || to == owner {
				seen.add(from, method)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Eavesdrop(nil) // left in place, it would be closed by godbus, which may then still send on it
		conn.Close()
		close(messages)
		<-done
	})
	return seen
}

func (tr *traffic) add(from, method string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.calls[from] = append(tr.calls[from], method)
}

// firsts are the first calls of each connection; all has the rest as well.
func (tr *traffic) summary() (firsts, all []string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, calls := range tr.calls {
		firsts, all = append(firsts, calls[0]), append(all, calls...)
	}
	return firsts, all
}

// gnome-keyring aborts now and then where a connection's first call opens a
// session: everything that was unlocked is locked then. And an item that is
// deleted and made anew is lost where the process ends in between.
func TestAnUpdateNeitherCrashesGnomeKeyringNorDeletesFirst(t *testing.T) {
	s := session(t, keyringtest.Options{})
	seen := watch(t, s)
	k := open(keyring.Options{})
	for i := range 3 {
		if err := k.Set(t.Context(), "a", bytes.Repeat([]byte("v"), 100+i)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := k.Get(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	count := func(method string) int {
		_, all := seen.summary()
		return len(slices.DeleteFunc(all, func(m string) bool { return m != method }))
	}
	eventually(t, "the monitor sees one item made and changed twice", func() bool {
		return count("CreateItem") == 1 && count("SetSecret") == 2
	})
	firsts, all := seen.summary()
	for _, first := range firsts {
		if first != "Get" {
			t.Errorf("a connection began with %s", first)
		}
	}
	if slices.Contains(all, "Delete") {
		t.Error("an item was deleted by an update")
	}
}

// Where gnome-keyring crashes, the bus starts another, which is locked: what was
// stored is neither gone nor out of reach then.
func TestAKeychainThatCrashedIsLockedAndNotEmpty(t *testing.T) {
	s := session(t, keyringtest.Options{Activation: keyringtest.ActivateProvider})
	k := open(keyring.Options{})
	if err := k.Set(t.Context(), "a", []byte("v")); err != nil {
		t.Fatal(err)
	}
	for _, inMidCall := range []bool{false, true} {
		got := make(chan error, 1)
		get := func() {
			_, found, err := k.Get(t.Context(), "a")
			if found {
				err = errors.New("it was found in a locked keychain")
			}
			got <- err
		}
		if inMidCall {
			if err := s.StopProvider(); err != nil {
				t.Fatal(err)
			}
			go get()
			time.Sleep(20 * time.Millisecond) // into the call
		}
		if err := s.KillProvider(); err != nil {
			t.Fatal(err)
		}
		if !inMidCall {
			get()
		}
		if err := <-got; !errors.Is(err, keyring.ErrLocked) {
			t.Errorf("in mid-call %v: %v; want ErrLocked", inMidCall, err)
		}
		if err := s.Unlock(t.Context()); err != nil {
			t.Fatal(err)
		}
		if value, found, err := k.Get(t.Context(), "a"); string(value) != "v" || err != nil {
			t.Errorf("unlocked again: %q, found %v, %v", value, found, err)
		}
	}
}
