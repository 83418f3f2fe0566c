package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ownTemp gives the demo a directory for its files, and returns a check that
// nothing is left there.
func ownTemp(t *testing.T) (empty func()) {
	t.Helper()
	dir, err := os.MkdirTemp("", "demo") // t.TempDir's long name would look like a token
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	return func() {
		t.Helper()
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("left in the temporary directory: %v %v", left, err)
		}
	}
}

// startKeyring runs a keychain that is the machine's own as far as the demo
// can tell.
func startKeyring(t *testing.T) *keyringtest.Session {
	t.Helper()
	if missing := keyringtest.Available(); missing != "" {
		if os.Getenv("MOGPLEX_CI_REQUIRE") != "" {
			t.Fatalf("%s is not installed", missing)
		}
		t.Skipf("%s is not installed", missing)
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

// noKeychain takes the session bus away, and skips where the machine's own
// keychain would be found all the same.
func noKeychain(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("this machine's own keychain would be used")
	}
	if _, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())); err == nil {
		t.Skip("the keychain on this user's session bus would be used")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
}

// secretLike is what a token of the service looks like. The sign-in address,
// which has none, is taken out before.
var secretLike = regexp.MustCompile(`[0-9A-Za-z]{30,}`)

// accountName is the name of an item in the keychain, which has hashes in it.
var accountName = regexp.MustCompile(`mogplex\.o_[0-9a-f]{32}\.d_[0-9a-f]{32}`)

// portsTaken reports that a sign-in had no callback port, or none to listen on.
func portsTaken(said string) bool {
	return strings.Contains(said, "24816 and 24818 are taken") || strings.Contains(said, "Free port 24816")
}

// walk runs the demo to its end and returns what it printed, as one line.
func walk(t *testing.T, args ...string) string {
	t.Helper()
	t.Setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-person-who-runs-the-demo")
	t.Setenv("MOGPLEX_API_KEY", "mog_of_the_person_who_runs_the_demo")
	empty := ownTemp(t)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), append(args, "--walk"), nil, &stdout, &stderr)
	for try := 0; try < 180 && portsTaken(stdout.String()); try++ {
		time.Sleep(time.Second) // the tests of another package hold them
		stdout.Reset()
		code = run(t.Context(), append(args, "--walk"), nil, &stdout, &stderr)
	}
	if code != exitOK || stderr.Len() > 0 {
		t.Fatalf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
	empty()
	for line := range strings.Lines(accountName.ReplaceAllString(stdout.String(), "mogplex.ITEM")) {
		if address := strings.HasPrefix(line, "    http://127.0.0.1:"); !address && secretLike.MatchString(line) {
			t.Errorf("this shows a secret in full: %s", secretLike.ReplaceAllString(line, "[…]"))
		} else if !address && len([]rune(line)) > width+1 && !strings.Contains(line, os.TempDir()) {
			t.Errorf("longer than %d characters: %s", width, line)
		}
	}
	return strings.Join(strings.Fields(stdout.String()), " ")
}

func TestDemoWithFile(t *testing.T) {
	said := walk(t, "--file")
	for _, want := range []string{"as --file asks", "auth.json holds the token", "every one held"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
}

func TestDemoWithKeychainOfTheMachine(t *testing.T) {
	session := startKeyring(t)
	said := walk(t)
	for _, want := range []string{"this machine's keychain: Secret Service (gnome-keyring)", "every one held"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
	if left := itemsIn(t, session); left != "" {
		t.Errorf("left in the keychain: %s", left)
	}
}

// itemsIn lists mogplex' items with secret-tool.
func itemsIn(t *testing.T, session *keyringtest.Session) string {
	t.Helper()
	if _, err := exec.LookPath("secret-tool"); err != nil {
		return ""
	}
	cmd := exec.CommandContext(t.Context(), "secret-tool", "search", "--all", "service", keychainService)
	cmd.Env = append(os.Environ(), session.Env()...)
	items, _ := cmd.Output()
	return string(items)
}

func TestDemoWithoutKeychain(t *testing.T) {
	noKeychain(t)
	if said := walk(t); !strings.Contains(said, "every one held") {
		t.Error(said)
	}
}

func TestDemoWithLockedKeychainLeavesItAlone(t *testing.T) {
	session := startKeyring(t)
	if err := session.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if said := walk(t); !strings.Contains(said, "can't be used now (locked)") {
		t.Error(said)
	}
}

// interrupter ends a context when a text is printed.
type interrupter struct {
	bytes.Buffer
	at   string
	stop func()
}

func (i *interrupter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(i.at)) {
		i.stop()
	}
	return i.Buffer.Write(p)
}

func TestInterruptedDemoLeavesNothing(t *testing.T) {
	session := startKeyring(t)
	for _, at := range []string{"What this runs on", "Open this address", "Where it is kept", "Renew the token"} {
		t.Run(at, func(t *testing.T) {
			empty := ownTemp(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			out := &interrupter{at: at, stop: stop}
			code := run(ctx, []string{"--walk"}, nil, out, io.Discard)
			for try := 0; try < 180 && code != exitInterrupted && portsTaken(out.String()); try++ {
				time.Sleep(time.Second) // the tests of another package hold them
				out.Reset()
				code = run(ctx, []string{"--walk"}, nil, out, io.Discard)
			}
			if code != exitInterrupted {
				t.Errorf("exit code %d\n%s", code, out)
			}
			empty()
			if left := itemsIn(t, session); left != "" {
				t.Errorf("left in the keychain: %s", left)
			}
		})
	}
}

func TestFailedCheckEndsTheDemo(t *testing.T) {
	d := &demo{screen: newScreen(io.Discard)}
	d.check(true, "This holds.")
	d.check(false, "This does not.")
	d.check(true, "This is not said any more.")
	if d.checks != 1 || d.end(t.Context()) != exitFailure {
		t.Errorf("%d checks, %v", d.checks, d.err)
	}
}

func TestUsage(t *testing.T) {
	tests := map[string]struct {
		args []string
		want int
	}{
		"help":     {[]string{"--help"}, exitOK},
		"argument": {[]string{"quickly"}, exitUsage},
		"flag":     {[]string{"--quickly"}, exitUsage},
	}
	for name, test := range tests {
		if got := run(t.Context(), test.args, nil, io.Discard, io.Discard); got != test.want {
			t.Errorf("%s: exit code %d", name, got)
		}
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("word ", 20)
	tests := []struct{ text, want string }{
		{"short", "  short"},
		{"a  table    row", "  a  table    row"},
		{"", ""},
		{long, "  " + strings.TrimSpace(strings.Repeat("word ", 15)) + "\n    " + strings.TrimSpace(strings.Repeat("word ", 5))},
		{strings.Repeat("x", 100), "  " + strings.Repeat("x", 100)},
	}
	for _, test := range tests {
		if got := wrap(test.text, "  "); got != test.want {
			t.Errorf("wrap(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

func TestCleanEnvironment(t *testing.T) {
	got := cleanEnvironment([]string{"PATH=/bin", "MOGPLEX_HOME=x", "CODEX_HOME=x", "OPENAI_API_KEY=x", "VERCEL_API_TOKEN=x", "HOME=/h"})
	if strings.Join(got, " ") != "PATH=/bin HOME=/h" {
		t.Error(got)
	}
}
