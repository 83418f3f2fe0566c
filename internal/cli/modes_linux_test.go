package cli

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// ledger is every write of the commands that were traced, by strace.
type ledger struct {
	dir string
	n   int
}

// traced is a command whose writes go into the ledger.
func (l *ledger) traced(w *world, args ...string) *exec.Cmd {
	l.n++
	cmd := w.command(args...)
	strace := []string{"strace", "-f", "-qq", "-y", "-s", "1000000", "-e", "trace=write,writev,pwrite64,pwritev,sendto,sendmsg",
		"-o", filepath.Join(l.dir, strconv.Itoa(l.n)), cmd.Path}
	cmd.Args = append(strace, args...)
	cmd.Path, cmd.Err = exec.LookPath("strace")
	return cmd
}

var writeToFile = regexp.MustCompile(`^\d+ +p?writev?(?:64)?\(\d+<(/[^>]*)>, (.*)`)

// files are the files that were written to, and whether a secret went there.
func (l *ledger) files(t *testing.T) map[string]bool {
	written := map[string]bool{}
	for i := range l.n {
		text, err := os.ReadFile(filepath.Join(l.dir, strconv.Itoa(i+1)))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if m := writeToFile.FindStringSubmatch(line); m != nil && !strings.HasPrefix(m[1], "/dev/") {
				written[m[1]] = written[m[1]] || heard.holds(m[2])
			}
		}
	}
	return written
}

// everyCommand runs all that writes or reads a credential; in one refresh the
// keychain goes away before the answer is there.
func (l *ledger) everyCommand(w *world, midRefresh *interlude) {
	w.Helper()
	signIn := func(args ...string) {
		if said, err := w.login(l.traced(w, append([]string{"login", "--no-browser"}, args...)...)); err != nil {
			w.Fatalf("login: %v: %s", err, said)
		}
	}
	run := func(stdin string, args ...string) {
		cmd := l.traced(w, args...)
		if stdin != "" {
			cmd.Stdin = strings.NewReader(stdin)
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			w.Fatalf("mogplex %q: %v: %s", args, err, out)
		}
	}
	signIn()
	run("", "auth", "token")
	run("", "auth", "refresh")
	run("", "auth", "status", "--json")
	run("", "auth", "migrate", "--json")
	run(w.service.issuePAT(), "login", "--with-token")
	heard.secret("sk-proj-0123456789abcdefgh")
	run("sk-proj-0123456789abcdefgh", "login", "--provider", "openai", "--with-api-key", "--profile", "work")
	run("", "logout")
	signIn()
	midRefresh.set(func() { _ = w.session.KillProvider() })
	run("", "auth", "refresh")
	midRefresh.set(func() {})
	if err := w.session.RestartProvider(w.Context(), true); err != nil {
		w.Fatal(err)
	}
	run("", "auth", "token")
	run("", "auth", "refresh")
	run("", "logout", "--all")
}

// TestKeychainModeWritesNoTokenToAFile watches every write of every
// command, to deleted files too.
func TestKeychainModeWritesNoTokenToAFile(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		deep.Missing(t, "strace is not installed")
	}
	for _, mode := range []settings.StoreMode{settings.StoreKeychain, settings.StoreAuto} {
		t.Run(string(mode), func(t *testing.T) {
			var midRefresh interlude
			w := realWorld(t, accountserver.Config{StrictRotation: true, OnRequest: midRefresh.request})
			w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE="+string(mode))
			l := &ledger{dir: t.TempDir()}
			if out, err := l.traced(w, "--version").CombinedOutput(); err != nil {
				deep.Missing(t, "strace can't trace here: "+string(out))
			}
			l.everyCommand(w, &midRefresh)
			displaced := 0
			for path, secret := range l.files(t) {
				if strings.Contains(path, "displaced.json") {
					displaced++
				}
				if secret {
					t.Errorf("a secret was written to %s", path)
				}
			}
			if displaced == 0 {
				t.Error("no renewed token had to wait in displaced.json")
			}
			l.wantSeen(t, w)
		})
	}
}

// wantSeen fails unless the ledger sees a secret that is written to a file.
func (l *ledger) wantSeen(t *testing.T, w *world) {
	t.Helper()
	w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
	cmd := l.traced(w, "login", "--provider", "openai", "--with-api-key")
	cmd.Stdin = strings.NewReader("sk-proj-0123456789abcdefgh")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !slices.Contains(slices.Collect(maps.Values(l.files(t))), true) {
		t.Error("what is written to a file is not seen")
	}
}

// hangingBus is a bus that never answers. It counts its connections.
func hangingBus(t *testing.T) (socket string, connections *atomic.Int32) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "bus") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket, connections = filepath.Join(dir, "bus"), &atomic.Int32{}
	bus, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	go func() {
		var open []net.Conn // the garbage collector would close them
		for {
			conn, err := bus.Accept()
			if err != nil {
				runtime.KeepAlive(open)
				return
			}
			open = append(open, conn)
			connections.Add(1)
		}
	}()
	return socket, connections
}

// TestFileModeNeverTouchesTheKeychain counts connections to the session
// bus, so that a keychain that hangs or asks for a password disturbs nobody.
func TestFileModeNeverTouchesTheKeychain(t *testing.T) {
	t.Parallel()
	mogplex, err := production()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, mogplex, accountserver.Config{OfferRevocation: true})
	socket, connections := hangingBus(t)
	common := append(w.env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+socket, "MOGPLEX_KEYCHAIN_TIMEOUT=200ms")
	quiet := func(what string) {
		t.Helper()
		if n := connections.Swap(0); n != 0 {
			t.Errorf("%s: %d connections to the bus", what, n)
		}
	}
	w.env = append(common, "MOGPLEX_CREDENTIAL_STORE=file")
	if said, err := w.login(w.command("login", "--no-browser")); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, args := range []string{"auth token", "auth refresh", "auth status", "auth status --json --check", "", "logout", "logout --all"} {
		started := time.Now()
		w.must(strings.Fields(args)...)
		if took := time.Since(started); took > longest {
			t.Errorf("mogplex %s took %s", args, took)
		}
		quiet("mogplex " + args)
	}
	// Nor if a variable decides or a command looks nothing up.
	w.env = append(common, "MOGPLEX_API_KEY="+w.service.issuePAT())
	for _, args := range []string{"auth token", "", "--version", "--help", "completion bash"} {
		w.must(strings.Fields(args)...)
		quiet("with a variable, mogplex " + args)
	}
	w.env = common
	if code, _, said := w.run("auth", "token"); code != exitTryAgain {
		t.Errorf("exit %d: %s", code, said)
	}
	eventually(t, "what the bus sees", func() bool { return connections.Load() > 0 })
}

// If the keychain refuses a token after its refresh token was spent, the new one is
// used, waits encrypted in the state directory, is shown by status, and is stored by
// the next command that can.
func TestARenewedTokenThatTheKeychainRefusedIsStoredLater(t *testing.T) {
	t.Parallel()
	for _, mode := range []settings.StoreMode{settings.StoreAuto, settings.StoreKeychain} {
		t.Run(string(mode), func(t *testing.T) {
			var midRefresh interlude
			w := fakeWorld(t, accountserver.Config{StrictRotation: true, OnRequest: midRefresh.request})
			old, _ := w.seed(-time.Minute, "keychain")
			w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE="+string(mode))
			fake := w.fake()
			midRefresh.set(func() { _ = fake.Break(keyringtest.ReadOnly) })
			code, stdout, said := w.run("auth", "token")
			token := strings.TrimSpace(stdout)
			if code != 0 || token == old || !w.service.Valid(token) || !strings.Contains(said, "displaced.json") {
				t.Errorf("exit %d: %s", code, said)
			}
			midRefresh.set(func() {})
			if w.token() != token {
				t.Error("the next command has another token")
			}
			status := w.must("auth", "status", "--json")
			if !strings.Contains(status, `"displaced": true`) || strings.Count(status, `"layer": "keychain"`) != 1 || strings.Count(status, `"in_force": true`) != 1 {
				t.Errorf("status: %s", status)
			}
			if text := w.must("auth", "status"); !hasRow(text, "displaced", "to be stored") || !hasRow(text, "keychain", "active") {
				t.Errorf("status: %s", text)
			}
			if err := fake.Clear(keyringtest.ReadOnly); err != nil {
				t.Fatal(err)
			}
			if w.token() != token || w.service.refreshes() != 1 {
				t.Errorf("it was not brought home, or renewed again: %d refreshes", w.service.refreshes())
			}
			if _, err := os.Stat(w.state("displaced.json")); err == nil {
				t.Error("displaced.json is left")
			}
			if err := fake.Break(keyringtest.ReadOnly); err != nil {
				t.Fatal(err)
			}
			if w.token() != token {
				t.Error("the keychain does not have it")
			}
		})
	}
}
