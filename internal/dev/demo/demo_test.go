package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output is what the demo prints. It interrupts the demo when a text is printed.
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

// .ci/run runs the whole demo, with and without a keychain. The tests here are about demos that don't reach their end.
func TestAWrongStepFailsTheDemo(t *testing.T) {
	t.Setenv("MOGPLEX_API_KEY", "mog_of_the_person_who_runs_the_demo")
	wrong := check{"this is false", func(*demo) bool { return false }}
	signedOut := step{run: "auth status", exit: exitNotSignedIn, prints: "not signed in", checks: []check{noStoreHasIt}}
	for says, last := range map[string]step{
		"Everything worked":                signedOut,
		"the exit code is 64":              {run: "auth status"},
		"the exit code is 0":               {run: "--version", exit: anyFailure},
		`it does not print "Ada Lovelace"`: {run: "--version", prints: "Ada Lovelace"},
		"a check failed: this is false":    {checks: []check{wrong}},
		"Interrupted":                      {title: "Interrupt", run: "auth status"},
	} {
		t.Run(says, func(t *testing.T) {
			code, printed := runIn(t, []step{signedOut, last}, "# Interrupt")
			want := map[string]int{"Everything worked": 0, "Interrupted": exitInterrupted}
			if wanted, ok := want[says]; !ok && code != exitFailure || ok && code != wanted || !strings.Contains(printed, says) {
				t.Errorf("exit code %d\n%s", code, printed)
			}
		})
	}
}

// An interrupted demo signs out of the machine's keychain.
func TestAnInterruptedDemoLeavesNothingInTheKeychain(t *testing.T) {
	if missing := keyringtest.Available(); missing != "" {
		deep.Missing(t, missing+" is not installed")
	}
	session, err := keyringtest.Start(t.Context(), t.TempDir(), keyringtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", session.Address())
	code, printed := runIn(t, steps, "# Renew the token")
	if code != exitInterrupted || !strings.Contains(printed, keychainHasIt.says) {
		t.Errorf("exit code %d\n%s", code, printed)
	}
	if left, err := session.Items(t.Context(), "mogplex"); err != nil || len(left) > 0 {
		t.Errorf("left in the keychain: %v %v", left, err)
	}
}
