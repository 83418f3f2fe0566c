package keyring_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// watch monitors a session's bus until the test ends.
func watch(t *testing.T, s *keyringtest.Session) *keyringtest.Traffic {
	t.Helper()
	seen, err := s.Monitor()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(seen.Close)
	return seen
}

// gnome-keyring crashes now and then if a connection's first call opens a session,
// which locks everything. And an item that is deleted and created again is lost if the
// process ends in between.
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
		_, all := seen.Summary()
		return len(slices.DeleteFunc(all, func(m string) bool { return m != method }))
	}
	eventually(t, "the monitor sees one item made and changed twice", func() bool {
		return count("CreateItem") == 1 && count("SetSecret") == 2
	})
	firsts, all := seen.Summary()
	for _, first := range firsts {
		if first != "Get" {
			t.Errorf("a connection began with %s", first)
		}
	}
	if slices.Contains(all, "Delete") {
		t.Error("an item was deleted by an update")
	}
}

// inMidCallOf stops the provider, starts a call, and returns when the bus has it.
func inMidCallOf(t *testing.T, s *keyringtest.Session, call func()) {
	t.Helper()
	traffic, err := s.Monitor()
	if err != nil {
		t.Fatal(err)
	}
	defer traffic.Close()
	if err := s.StopProvider(); err != nil {
		t.Fatal(err)
	}
	go call()
	eventually(t, "the call is on the bus", func() bool { _, all := traffic.Summary(); return len(all) > 0 })
}

// If gnome-keyring crashes, the bus starts another, which is locked: the stored
// value is neither absent nor unavailable then.
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
			inMidCallOf(t, s, get)
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
