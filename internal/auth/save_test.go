package auth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSave(t *testing.T) {
	old := account("old", time.Hour)
	for _, test := range []struct {
		name           string
		keychain, file *fakeStore
		layer          string // where it is to be; empty where it can't be stored
		inKeychain     string // token afterwards
		inFile         string
		warning        []string
	}{
		{"into the keychain", newStore(), newStore(), Keychain, "new", "", nil},
		{"over what is there", newStore(old), newStore(), Keychain, "new", "", nil},
		{"the older copy in the file is removed", newStore(), newStore(old), Keychain, "new", "", nil},
		{"a locked keychain: the file, out loud", broken(locked, old), newStore(), File, "old", "new", []string{"keychain", errLocked.Error()}},
		{"no keychain: the file, out loud", broken(unavailable), newStore(), File, "", "new", []string{"keychain", errUnavailable.Error()}},
		{"a keychain that only reads", broken(readOnly, old), newStore(old), File, "old", "new", []string{"keychain", errRefused.Error()}},
		{"a keychain that says yes and keeps nothing", broken(forgets), newStore(old), File, "", "new", []string{"keychain", "did not keep it"}},
		{"the same over an old copy", broken(forgets, old), newStore(), File, "old", "new", []string{"keychain", "did not keep it"}},
		{"a keychain that fails after it wrote", broken(lies), newStore(old), Keychain, "new", "", nil},
		{"an older copy that can't be removed", newStore(), broken(readOnly, old), Keychain, "new", "old", []string{"older copy", "file"}},
		{"no store takes it", broken(locked, old), broken(readOnly, old), "", "old", "old", []string{"file", errRefused.Error()}},
		{"no store keeps it", broken(forgets, old), broken(forgets), "", "old", "", []string{"file", "did not keep it"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newManager(t, nil, test.keychain, test.file)
			saved, err := m.Store(t.Context(), account("new", 2*time.Hour))
			if test.layer == "" {
				wantError(t, err, ErrNotSaved)
			} else {
				must(t, err)
			}
			if saved.Layer != test.layer || test.keychain.token() != test.inKeychain || test.file.token() != test.inFile {
				t.Errorf("in %q; the keychain has %q, the file %q", saved.Layer, test.keychain.token(), test.file.token())
			}
			wantWarning(t, saved.Warnings, test.warning...)
			if test.layer == "" {
				return
			}
			// Whatever state the keychain is in next, the new one wins.
			test.keychain.fault = works
			res, err := m.Resolve(t.Context(), Query{})
			must(t, err)
			wantToken(t, res, "new")
		})
	}
}

func TestThatNoStoreTookItNamesEachReason(t *testing.T) {
	m := newManager(t, nil, broken(locked), broken(readOnly))
	_, err := m.Store(t.Context(), account("new", time.Hour))
	for _, want := range []error{ErrNotSaved, errLocked, errRefused} {
		wantError(t, err, want)
	}
}

func TestAClockSetBackDoesNotMakeTheNewCopyTheOlder(t *testing.T) {
	future := savedAt(account("old", time.Hour), 1000*time.Hour)
	keychain, file := broken(readOnly, future), newStore(savedAt(future, 2000*time.Hour))
	m := newManager(t, nil, keychain, file)
	for i := range 3 {
		token := fmt.Sprint("new", i)
		saved, err := m.Store(t.Context(), account(token, time.Hour))
		must(t, err)
		if !saved.Credential.SavedAt.After(noon.Add(2000 * time.Hour)) {
			t.Errorf("saved at %s", saved.Credential.SavedAt)
		}
		res, err := m.Resolve(t.Context(), Query{})
		must(t, err)
		wantToken(t, res, token)
	}
}

func TestACopyIsRemovedOnlyAfterTheNewOneWasReadBack(t *testing.T) {
	keychain, file := newStore(), newStore(account("old", time.Hour))
	file.before = func(call string) {
		if call == "delete "+Mogplex && keychain.token() != "new" {
			t.Error("the older copy is removed before the new one is there")
		}
	}
	m := newManager(t, nil, keychain, file)
	_, err := m.Store(t.Context(), account("new", time.Hour))
	must(t, err)
	want := []string{"get mogplex", "set mogplex", "get mogplex"}
	if !slices.Equal(keychain.calls, want) {
		t.Errorf("the keychain was asked %q; want %q", keychain.calls, want)
	}
}

func TestWhatALaterVersionWroteIsKeptBySave(t *testing.T) {
	keychain := newStore()
	keychain.entries[Mogplex] = `{"type":"oauth","access_token":"a","later":{"n":1.50}}`
	m := newManager(t, nil, keychain, newStore())
	res, err := m.Resolve(t.Context(), Query{})
	must(t, err)
	_, err = m.Store(t.Context(), res.Credential)
	must(t, err)
	if got := keychain.entries[Mogplex]; !strings.Contains(got, `"later":{"n":1.50}`) {
		t.Errorf("stored is %s", got)
	}
}

func TestRemove(t *testing.T) {
	signedIn := account("a", time.Hour)
	for _, test := range []struct {
		name     string
		keychain *fakeStore
		required bool
		state    State
		removed  bool
		failed   bool
	}{
		{"there", newStore(signedIn), false, Absent, true, false},
		{"not there", newStore(), false, Absent, false, false},
		{"locked", broken(locked, signedIn), false, Locked, false, true},
		{"says yes and removes nothing", broken(forgets, signedIn), false, Present, false, true},
		{"only reads", broken(readOnly, signedIn), false, Denied, false, true},
		{"can't be reached", broken(unavailable), false, Unavailable, false, false},
		{"required and can't be reached", broken(unavailable), true, Unavailable, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := newStore(signedIn, key("openai", "o"))
			m := newManager(t, nil, test.keychain, file)
			m.Layers[0].Required = test.required
			removals := m.Remove(t.Context(), Mogplex)
			if len(removals) != 2 {
				t.Fatalf("removals %+v", removals)
			}
			if r := removals[0]; r.Layer != Keychain || r.State != test.state || r.Removed != test.removed || r.Failed() != test.failed {
				t.Errorf("keychain: %+v", r)
			}
			if r := removals[1]; r.Layer != File || r.State != Absent || !r.Removed || r.Failed() {
				t.Errorf("the file after it: %+v", r)
			}
			if left := slices.Collect(maps.Keys(file.entries)); !slices.Equal(left, []string{"openai"}) {
				t.Errorf("the file has %q", left)
			}
		})
	}
}

func TestARemovalThatCantBeReadBackSaysNoMoreThanThat(t *testing.T) {
	keychain := newStore(account("a", time.Hour))
	keychain.before = func(call string) {
		if strings.HasPrefix(call, "get") {
			keychain.fault = locked
		}
	}
	r := newManager(t, nil, keychain, newStore()).Remove(t.Context(), Mogplex)[0]
	if r.State != Locked || !errors.Is(r.Err, errLocked) {
		t.Fatalf("removal %+v", r)
	}
	if strings.Contains(r.Err.Error(), "still there") {
		t.Errorf("%v, which nobody knows", r.Err)
	}
}
