//go:build ignore

package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/keyring"
)

// tell sets a state of the stand-in, by a file among its items, until the end of
// the test or until undo.
func tell(t *testing.T, name, content string) (undo func()) {
	path := filepath.Join(os.Getenv("SECURITY_ITEMS"), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	undo = func() { _ = os.Remove(path) }
	t.Cleanup(undo)
	return undo
}

// Over SSH macOS cannot ask for the password of an existing item.
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

// The dialog is answered only after all calls have timed out.
func TestAnAnswerAfterTheDeadlineStoresNothingOfThePlatform(t *testing.T) {
	answer, changes := tell(t, "asks", ""), journal(t)
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
	onlyAsked(t, changes)
	nothingRuns(t)
	answer()
	onlyAsked(t, changes)
}

func TestAnAnswerAfterTheProgramWasKilledStoresNothingOfThePlatform(t *testing.T) {
	answer, changes := tell(t, "asks", ""), journal(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestSetUntilKilled$")
	cmd.Env = append(os.Environ(), "SECURITY_SETS=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no dialog", func() bool { return changes() == "asks\n" })
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	nothingRuns(t)
	answer()
	onlyAsked(t, changes)
}

// TestSetUntilKilled is the program that the test above kills. It sets without
// reading first.
func TestSetUntilKilled(t *testing.T) {
	if os.Getenv("SECURITY_SETS") == "" {
		t.Skip("another test runs this one in a process of its own")
	}
	keyring.SetOnPlatform(t.Context(), "mogplex-test", "killed", "v")
}

func TestAnUnattendedCallShowsNoDialogOfThePlatform(t *testing.T) {
	k := keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute})
	if err := k.Set(t.Context(), "a", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	unlock, changes := tell(t, "locked", ""), journal(t)
	_, found, getErr := k.Get(t.Context(), "a")
	removed, deleteErr := k.Delete(t.Context(), "a")
	_, listErr := k.List(t.Context())
	for _, err := range []error{getErr, deleteErr, listErr, k.Set(t.Context(), "a", []byte("v"))} {
		if !errors.Is(err, keyring.ErrLocked) || found || removed {
			t.Errorf("%v, found %v, removed %v; want it locked", err, found, removed)
		}
	}
	if got := changes(); got != "" {
		t.Errorf("unattended: %q", got)
	}
	asked := 0
	attended := keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute, Attended: true, OnPrompt: func() { asked++; unlock() }})
	if removed, err := attended.Delete(t.Context(), "a"); !removed || err != nil || asked != 1 {
		t.Errorf("attended: removed %v, %v, asked %d times", removed, err, asked)
	}
}

// macOS would offer to reset all keychains of the account.
func TestAnAccountWithoutAKeychainIsOfferedNoResetOfThePlatform(t *testing.T) {
	tell(t, "none", "")
	changes := journal(t)
	for _, attended := range []bool{false, true} {
		k := keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute, Attended: attended})
		if err := k.Set(t.Context(), "a", []byte("v")); !errors.Is(err, keyring.ErrUnavailable) {
			t.Errorf("attended %v: %v", attended, err)
		}
	}
	if got := changes(); got != "" {
		t.Errorf("%q", got)
	}
}

// An item that is deleted and created again loses its owner's "Always Allow".
func TestFiftyUpdatesChangeOneItemInPlaceOfThePlatform(t *testing.T) {
	k := keyring.Open("mogplex-test", keyring.Options{Timeout: time.Minute})
	changes := journal(t)
	for i := range 50 {
		if err := k.Set(t.Context(), "renewed", fmt.Append(nil, "token ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := changes(), "add renewed\n"+strings.Repeat("update renewed\n", 49); got != want {
		t.Errorf("%q; want one item that is updated 49 times", got)
	}
	if _, err := k.Delete(t.Context(), "renewed"); err != nil {
		t.Fatal(err)
	}
}

// go-keyring leaves a child running after each value over its limit.
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
	nothingRuns(t)
}

// journal returns a function that reads what the stand-in has written since.
func journal(t *testing.T) (since func() string) {
	read := func() string {
		text, err := os.ReadFile(os.Getenv("SECURITY_JOURNAL"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(text)
	}
	before := len(read())
	return func() string { return read()[before:] }
}

func onlyAsked(t *testing.T, changes func() string) {
	t.Helper()
	if got := changes(); got == "" || strings.ReplaceAll(got, "asks\n", "") != "" {
		t.Errorf("%q; want nothing but dialogs", got)
	}
}

func eventually(t *testing.T, failure string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(failure)
		}
	}
}

// nothingRuns waits until this process is the only one of these tests.
func nothingRuns(t *testing.T) {
	t.Helper()
	eventually(t, "processes are left", func() bool { return len(children(t)) == 0 && len(relatives(t)) == 0 })
}

// relatives returns the other processes with this one's stand-in, including orphans.
func relatives(t *testing.T) (pids []string) {
	paths, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		pid := strings.Split(path, "/")[2]
		env, _ := os.ReadFile(path)
		if pid != strconv.Itoa(os.Getpid()) && strings.Contains(string(env), "SECURITY_ITEMS="+os.Getenv("SECURITY_ITEMS")) {
			pids = append(pids, pid)
		}
	}
	return pids
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
