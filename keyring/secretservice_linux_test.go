package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// session starts a gnome-keyring and makes it the session bus of this test.
func session(t testing.TB, opt keyringtest.Options) *keyringtest.Session {
	t.Helper()
	if program := keyringtest.Available(); program != "" {
		deep.Missing(t, program+" is not installed")
	}
	s, err := keyringtest.Start(context.Background(), t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, pair := range s.Env() {
		name, value, _ := strings.Cut(pair, "=")
		setenv(t, name, value)
	}
	return s
}

func setenv(t testing.TB, name, value string) {
	if t, ok := t.(*testing.T); ok {
		t.Setenv(name, value)
		return
	}
	os.Setenv(name, value)
}

// limit is how long a call may take if the test is not about time. The machine may
// be busy.
const limit = time.Minute

const testSchema = "com.mogplex.Test"

func open(opt keyring.Options) *keyring.Keyring {
	opt.Schema = testSchema
	if opt.Timeout == 0 {
		opt.Timeout = limit
	}
	return keyring.Open("mogplex-test", opt)
}

// personMayHave reports that a prompt which ended by itself took as long as one
// dismissed by a person, so that the two can't be distinguished.
func personMayHave(err error, took time.Duration) bool {
	return errors.Is(err, keyring.ErrDenied) && took >= 300*time.Millisecond
}

// wantClass checks the error class of every call, and that none took the whole
// limit.
func wantClass(t *testing.T, opt keyring.Options, want error) {
	t.Helper()
	for op, call := range map[string]func(*keyring.Keyring) error{
		"get":    func(k *keyring.Keyring) error { _, _, err := k.Get(t.Context(), "a"); return err },
		"set":    func(k *keyring.Keyring) error { return k.Set(t.Context(), "a", []byte("v")) },
		"delete": func(k *keyring.Keyring) error { _, err := k.Delete(t.Context(), "a"); return err },
		"list":   func(k *keyring.Keyring) error { _, err := k.List(t.Context()); return err },
	} {
		start := time.Now()
		err := call(open(opt))
		for want == keyring.ErrLocked && personMayHave(err, time.Since(start)) {
			start = time.Now()
			err = call(open(opt))
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", op, err, want)
		}
		if errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v reads as absent", op, err)
		}
		if took := time.Since(start); took > limit/2 {
			t.Errorf("%s took %s", op, took)
		}
	}
}

func TestContractOfTheSecretService(t *testing.T) {
	session(t, keyringtest.Options{})
	k := open(keyring.Options{Timeout: 5 * limit}) // the largest value is a lot
	testContract(t, k)
	if got := k.Backend(t.Context()); got != "Secret Service (gnome-keyring)" {
		t.Errorf("backend %q", got)
	}
}

func TestSecretToolSeesWhatWasStoredAndNothingAfterDelete(t *testing.T) {
	session(t, keyringtest.Options{})
	installed(t, "secret-tool")
	k := open(keyring.Options{})
	lookup := func() string {
		out, _ := exec.Command("secret-tool", "lookup", "service", "mogplex-test", "username", "a").Output()
		return string(out)
	}
	if err := k.Set(t.Context(), "a", []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if got := lookup(); got != "kr1:1:3:ba7816bf8f01cfea::YWJj" {
		t.Errorf("secret-tool sees %q", got)
	}
	if _, err := k.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if got := lookup(); got != "" {
		t.Errorf("secret-tool still sees %q", got)
	}
}

func TestALockedKeychainWithNobodyThereIsLockedAtOnce(t *testing.T) {
	s := session(t, keyringtest.Options{})
	k := open(keyring.Options{})
	if err := k.Set(t.Context(), "a", []byte("v")); err != nil {
		t.Fatal(err)
	}
	if err := s.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantClass(t, keyring.Options{}, keyring.ErrLocked)
	wantClass(t, keyring.Options{Attended: true}, keyring.ErrLocked)
	if err := s.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, found, err := k.Get(t.Context(), "a"); string(got) != "v" || !found || err != nil {
		t.Errorf("after unlock: %q, found %v, %v", got, found, err)
	}
}

func TestNoBusIsUnavailableAndStartsNone(t *testing.T) {
	dir := t.TempDir()
	marker := filepath.Join(dir, "launched")
	launcher := fmt.Sprintf("#!/bin/sh\ntouch %s\n", marker)
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(launcher), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err == nil {
		t.Skip("this account has a session bus at its fixed place")
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	for _, address := range []string{"", " ", "autolaunch:", "autolaunch:scope=user", "disabled:", "unix:path=" + dir + "/gone", "rubbish", "unix:path=/dev/null"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		wantClass(t, keyring.Options{}, keyring.ErrUnavailable)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("dbus-launch was run")
	}
}

func TestABusThatAcceptsAndSaysNothingEndsAtTheTimeLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	wantClass(t, keyring.Options{Timeout: 200 * time.Millisecond}, keyring.ErrTimeout)
}

func TestABusWithoutAProviderIsUnavailable(t *testing.T) {
	session(t, keyringtest.Options{NoProvider: true})
	wantClass(t, keyring.Options{}, keyring.ErrUnavailable)
}

func TestAProviderThatNeverTakesItsNameEndsAtTheTimeLimit(t *testing.T) {
	session(t, keyringtest.Options{NoProvider: true, Activation: keyringtest.ActivateStuck})
	wantClass(t, keyring.Options{Timeout: 300 * time.Millisecond}, keyring.ErrTimeout)
}

func TestAProviderThatIsNotRunningIsStarted(t *testing.T) {
	session(t, keyringtest.Options{NoProvider: true, Activation: keyringtest.ActivateProvider})
	// A new provider has no collection yet.
	wantClass(t, keyring.Options{}, keyring.ErrUnavailable)
}

func TestAProviderWithoutACollectionIsUnavailable(t *testing.T) {
	session(t, keyringtest.Options{NoCollection: true})
	wantClass(t, keyring.Options{}, keyring.ErrUnavailable)
}

// A sandboxed program often has no access to the keychain. That is reported as
// denied, not as absent.
func TestABusThatForbidsTheKeychainIsDenied(t *testing.T) {
	s := session(t, keyringtest.Options{})
	if err := s.Forbid(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantClass(t, keyring.Options{}, keyring.ErrDenied)
	if name := open(keyring.Options{}).Backend(t.Context()); !strings.HasPrefix(name, "Secret Service") {
		t.Errorf("it is called %q", name)
	}
}

func TestAProviderThatHangsEndsAtTheTimeLimit(t *testing.T) {
	s := session(t, keyringtest.Options{})
	if err := s.StopProvider(); err != nil {
		t.Fatal(err)
	}
	wantClass(t, keyring.Options{Timeout: 300 * time.Millisecond}, keyring.ErrTimeout)
	if err := s.ContinueProvider(); err != nil {
		t.Fatal(err)
	}
}

func TestAProviderKilledInMidCallIsNeverAbsent(t *testing.T) {
	s := session(t, keyringtest.Options{})
	k := open(keyring.Options{})
	if err := k.Set(t.Context(), "a", []byte("v")); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		type answer struct {
			found bool
			err   error
		}
		got := make(chan answer, 1)
		inMidCallOf(t, s, func() {
			_, found, err := k.Get(t.Context(), "a")
			got <- answer{found, err}
		})
		if err := s.KillProvider(); err != nil {
			t.Fatal(err)
		}
		if a := <-got; a.found || !errors.Is(a.err, keyring.ErrUnavailable) {
			t.Errorf("found %v, error %v; want ErrUnavailable", a.found, a.err)
		}
		if err := s.RestartProvider(t.Context(), true); err != nil {
			t.Fatal(err)
		}
	}
	if got, found, err := k.Get(t.Context(), "a"); string(got) != "v" || !found || err != nil {
		t.Errorf("after restart: %q, found %v, %v", got, found, err)
	}
}

// If the D-Bus queue is full, connecting fails at once. The call retries instead of
// reporting no keychain.
func TestABusWithAFullQueueIsRetried(t *testing.T) {
	address := syscall.SockaddrUnix{Name: filepath.Join(t.TempDir(), "bus")}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := errors.Join(syscall.Bind(fd, &address), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	for full := false; !full; {
		conn, err := net.Dial("unix", address.Name)
		if full = err != nil; full {
			break
		}
		defer conn.Close()
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+address.Name)
	wantClass(t, keyring.Options{Timeout: 200 * time.Millisecond}, keyring.ErrTimeout)
}
