//go:build ignore

package keyring_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// tell puts a file before the stand-in, until the test ends or it is taken back.
func tell(t *testing.T, name, content string) (takeBack func()) {
	path := filepath.Join(os.Getenv("SECURITY_ITEMS"), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	takeBack = func() { _ = os.Remove(path) }
	t.Cleanup(takeBack)
	return takeBack
}

// A Mac reached by SSH has its items, and may not ask for the password.
func TestAStandInIsLockedOfThePlatform(t *testing.T) {
	k := keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute})
	if err := k.Set(t.Context(), "a", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]error{"36": keyring.ErrLocked, "51": keyring.ErrDenied, "128": keyring.ErrDenied, "50": keyring.ErrUnavailable} {
		t.Run(code, func(t *testing.T) {
			tell(t, "status", code)
			_, found, getErr := k.Get(t.Context(), "a")
			removed, deleteErr := k.Delete(t.Context(), "a")
			_, listErr := k.List(t.Context())
			for _, err := range []error{getErr, deleteErr, listErr, k.Set(t.Context(), "a", []byte("v"))} {
				if !errors.Is(err, want) || found || removed {
					t.Errorf("%v, found %v, removed %v; want %v", err, found, removed, want)
				}
			}
		})
	}
	if got, found, err := k.Get(t.Context(), "a"); string(got) != "kept" || !found || err != nil {
		t.Errorf("%q, found %v, %v", got, found, err)
	}
	if removed, err := k.Delete(t.Context(), "a"); !removed || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
}

// macOS asks in a window for a password, or whether this program may. Nobody
// answers it here until all have been given up on.
func TestAStandInThatAsksAPersonIsWaitedForNoLongerThanSetOfThePlatform(t *testing.T) {
	answer := tell(t, "asks", "")
	start := time.Now()
	open := func() *keyring.Keyring {
		return keyring.Open("mogplex-test", keyring.Options{Attended: true, Timeout: 300 * time.Millisecond})
	}
	_, found, getErr := open().Get(t.Context(), "a")
	removed, deleteErr := open().Delete(t.Context(), "a")
	_, listErr := open().List(t.Context())
	for _, err := range []error{getErr, deleteErr, listErr, open().Set(t.Context(), "a", []byte("v"))} {
		if !errors.Is(err, keyring.ErrTimeout) || found || removed {
			t.Errorf("%v, found %v, removed %v; want a timeout", err, found, removed)
		}
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
	answer()
	noChildren(t)
	if _, err := keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute}).Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// go-keyring leaves a child behind for each set that is over its limit.
func TestNoChildIsLeftBehindOfThePlatform(t *testing.T) {
	k := keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute})
	account := "a" + strings.Repeat("z", 119) // the longest name
	for _, size := range []int{1800, 1870, 1900, 2500, 4096, 20_000} {
		value := bytes.Repeat([]byte{0xff}, size)
		if err := k.Set(t.Context(), account, value); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
	}
	if _, err := k.Delete(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	noChildren(t)
}

func noChildren(t *testing.T) {
	end := time.Now().Add(time.Minute)
	for left := children(t); len(left) > 0; left = children(t) {
		if time.Now().After(end) {
			t.Fatalf("still running: %q", left)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func children(t *testing.T) []string {
	paths, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		all = append(all, strings.Fields(string(text))...)
	}
	return all
}
