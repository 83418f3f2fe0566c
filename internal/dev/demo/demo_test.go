package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output collects the output of the demo. It interrupts the demo when the demo prints a text.
type output struct {
	bytes.Buffer
	at        string
	interrupt func()
}

func (o *output) Write(p []byte) (int, error) {
	if o.at != "" && bytes.Contains(p, []byte(o.at)) {
		o.interrupt()
	}
	return o.Buffer.Write(p)
}

// runIn runs steps with a temporary directory of their own, and fails the test if something is left there.
func runIn(t *testing.T, steps []step, interruptAt string) (code int, printed string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &output{at: interruptAt, interrupt: stop}
	code = run(ctx, steps, out)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v %v", left, err)
	}
	return code, out.String()
}

// .ci/run runs the whole demo, with and without a keychain. The tests here are about demos that end early.
func TestTakeReportsUnexpectedOutcomes(t *testing.T) {
	t.Setenv("MOGPLEX_API_KEY", "mog_of_the_person_who_runs_the_demo")
	d := &demo{out: io.Discard}
	t.Cleanup(func() {
		if err := d.cleanUp(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := d.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]step{
		"<nil>":               {run: "auth status", exit: exitNotSignedIn, prints: "not signed in", checks: []check{noStoreHasIt}},
		"the exit code is 64": {run: "auth status"},
		"the exit code is 0":  {run: "--version", exit: anyFailure},
		"not print \"Ada\"":   {run: "--version", prints: "Ada"},
		"failed: it is false": {checks: []check{{"it is false", func(*demo) bool { return false }}}},
	} {
		if got := fmt.Sprint(d.take(t.Context(), s)); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	d.secrets = []string{"mogplex"}
	if err := d.take(t.Context(), step{run: "--version"}); err == nil || !strings.Contains(err.Error(), "prints a secret") {
		t.Error(err)
	}
}

func TestAWrongStepEndsTheDemo(t *testing.T) {
	code, printed := runIn(t, []step{{run: "auth status"}, {run: "--version"}}, "")
	if code != exitFailure || !strings.Contains(printed, "The demo failed") || strings.Contains(printed, "--version") {
		t.Errorf("exit code %d\n%s", code, printed)
	}
}

func TestAnInterruptedDemoLeavesNothingInTheKeychain(t *testing.T) {
	session := startKeychain(t)
	signIn := check{"", func(d *demo) bool { // without the callback ports, which other tests use
		access, refresh := d.service.IssueTokens(accountserver.DefaultAccounts()[0].Email)
		file := fmt.Sprintf(`{"version": 1, "credentials": {"mogplex@%[1]s": {"type": "oauth", "issuer": %[1]q,
			"access_token": %q, "refresh_token": %q}}}`, d.server.URL, access, refresh)
		return os.MkdirAll(d.home, 0o700) == nil && os.WriteFile(filepath.Join(d.home, "auth.json"), []byte(file), 0o600) == nil
	}}
	code, printed := runIn(t, []step{
		{run: "auth migrate --dry-run", checks: []check{signIn}},
		{run: "auth migrate", checks: []check{keychainHasIt}},
		{title: "Interrupt"},
	}, "# Interrupt")
	if code != exitInterrupted || !strings.Contains(printed, keychainHasIt.says) {
		t.Errorf("exit code %d\n%s", code, printed)
	}
	if left, err := session.Items(t.Context(), "mogplex"); err != nil || len(left) > 0 {
		t.Errorf("left in the keychain: %v %v", left, err)
	}
}

func TestALockedKeychainIsNotUsed(t *testing.T) {
	session := startKeychain(t)
	if err := session.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	code, printed := runIn(t, steps[:1], "")
	if code != 0 || !strings.Contains(printed, "the file as the store") {
		t.Errorf("exit code %d\n%s", code, printed)
	}
}

// startKeychain starts a keychain that looks like the machine's own to the demo.
func startKeychain(t *testing.T) *keyringtest.Session {
	t.Helper()
	if missing := keyringtest.Available(); missing != "" {
		deep.Missing(t, missing+" is not installed")
	}
	session, err := keyringtest.Start(t.Context(), t.TempDir(), keyringtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", session.Address())
	return session
}
