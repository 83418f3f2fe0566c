//go:build linux

package keyringtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// orphanDir makes the test binary a program that starts a session in that directory and waits to be killed.
const orphanDir = "KEYRINGTEST_ORPHAN_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(orphanDir); dir != "" {
		s, err := keyringtest.Start(context.Background(), dir, keyringtest.Options{Activation: keyringtest.ActivateStuck})
		fmt.Println(s.Address(), err)
		select {}
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, opt keyringtest.Options) *keyringtest.Session {
	t.Helper()
	missing := keyringtest.Available()
	if _, err := exec.LookPath("secret-tool"); missing == "" && err != nil {
		missing = "secret-tool"
	}
	if missing != "" {
		deep.Missing(t, missing+" is not installed")
	}
	s, err := keyringtest.Start(t.Context(), t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// secretTool runs secret-tool in the session and returns its output, or its error with its stderr.
func secretTool(ctx context.Context, s *keyringtest.Session, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "secret-tool", args...)
	cmd.Env = append(os.Environ(), s.Env()...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, &stderr)
	}
	return string(out), err
}

func store(t *testing.T, s *keyringtest.Session, value string) {
	t.Helper()
	if _, err := secretTool(t.Context(), s, value, "store", "--label=x", "k", "v"); err != nil {
		t.Fatal(err)
	}
}

// lookup checks what secret-tool finds; "" is nothing.
func lookup(t *testing.T, s *keyringtest.Session, want string) {
	t.Helper()
	got, err := secretTool(t.Context(), s, "", "lookup", "k", "v")
	if got != want || (want != "") != (err == nil) {
		t.Fatalf("lookup: got %q, %v; want %q", got, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLockAndUnlock(t *testing.T) {
	s := start(t, keyringtest.Options{})
	store(t, s, "secret")
	lookup(t, s, "secret")
	for range 2 {
		must(t, s.Lock(t.Context()))
		lookup(t, s, "")
		must(t, s.Unlock(t.Context()))
		lookup(t, s, "secret")
	}
}

func TestRestartProvider(t *testing.T) {
	s := start(t, keyringtest.Options{})
	store(t, s, "secret")
	must(t, s.KillProvider())
	if err := s.KillProvider(); err == nil {
		t.Error("killed a provider that was gone")
	}
	if _, err := secretTool(t.Context(), s, "", "lookup", "k", "v"); err == nil || !strings.Contains(err.Error(), "org.freedesktop.secrets") {
		t.Errorf("lookup without a provider: %v", err)
	}
	must(t, s.RestartProvider(t.Context(), false))
	lookup(t, s, "")
	must(t, s.Unlock(t.Context()))
	lookup(t, s, "secret")
	must(t, s.RestartProvider(t.Context(), true))
	lookup(t, s, "secret")
}

func TestStopProvider(t *testing.T) {
	s := start(t, keyringtest.Options{})
	store(t, s, "secret")
	must(t, s.StopProvider())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	secretTool(ctx, s, "", "lookup", "k", "v")
	if ctx.Err() == nil {
		t.Error("a stopped provider answered")
	}
	if err := s.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("lock: %v", err)
	}
	must(t, s.ContinueProvider())
	lookup(t, s, "secret")
	must(t, s.StopProvider()) // Close has to end a stopped one too
}

func TestNoProvider(t *testing.T) {
	s := start(t, keyringtest.Options{NoProvider: true})
	_, err := secretTool(t.Context(), s, "", "lookup", "k", "v")
	if err == nil || !strings.Contains(err.Error(), "org.freedesktop.secrets") {
		t.Errorf("lookup: %v", err)
	}
	if s.Lock(t.Context()) == nil || s.Unlock(t.Context()) == nil || s.KillProvider() == nil || s.StopProvider() == nil {
		t.Error("an operation without a provider succeeded")
	}
	must(t, s.RestartProvider(t.Context(), true))
	store(t, s, "secret")
	lookup(t, s, "secret")
}

func TestNoCollection(t *testing.T) {
	s := start(t, keyringtest.Options{NoCollection: true})
	if _, err := secretTool(t.Context(), s, "secret", "store", "--label=x", "k", "v"); err == nil {
		t.Error("stored without a collection")
	}
	must(t, s.RestartProvider(t.Context(), true))
	store(t, s, "secret")
}

func TestActivateProvider(t *testing.T) {
	s := start(t, keyringtest.Options{NoProvider: true, Activation: keyringtest.ActivateProvider})
	lookup(t, s, "")
	must(t, s.StopProvider())
	must(t, s.ContinueProvider())
	must(t, s.KillProvider())
	must(t, s.RestartProvider(t.Context(), true))
	store(t, s, "secret")
	must(t, s.KillProvider())
	lookup(t, s, "") // a fresh, locked one
	must(t, s.Unlock(t.Context()))
	lookup(t, s, "secret")
}

func TestActivateStuck(t *testing.T) {
	s := start(t, keyringtest.Options{NoProvider: true, Activation: keyringtest.ActivateStuck})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	secretTool(ctx, s, "", "lookup", "k", "v")
	if ctx.Err() == nil {
		t.Error("the activation ended")
	}
}

func TestLongAndOddDirectory(t *testing.T) {
	if keyringtest.Available() != "" {
		start(t, keyringtest.Options{}) // skips, or fails
	}
	for _, name := range []string{strings.Repeat("long", 30), `o'dd <&> %,;= "näme"`} {
		dir := filepath.Join(t.TempDir(), name)
		must(t, os.Mkdir(dir, 0o700))
		s, err := keyringtest.Start(t.Context(), dir, keyringtest.Options{})
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		store(t, s, "secret")
		must(t, s.Close())
		must(t, s.Close())
	}
}

func TestStartFails(t *testing.T) {
	start(t, keyringtest.Options{NoProvider: true}) // or skip
	if _, err := keyringtest.Start(t.Context(), filepath.Join(os.DevNull, "x"), keyringtest.Options{}); err == nil {
		t.Error("started in a directory that cannot exist")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := keyringtest.Start(ctx, t.TempDir(), keyringtest.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled start: %v", err)
	}
}

// TestKilledParent kills a program that has a session, and checks that bus and provider end.
func TestKilledParent(t *testing.T) {
	start(t, keyringtest.Options{NoProvider: true}) // or skip
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphanDir+"="+t.TempDir())
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, _ := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutSuffix(line, " <nil>\n")
	if !ok {
		t.Fatal(line)
	}
	conn, err := dbus.Connect(address)
	must(t, err)
	defer conn.Close()
	var pid uint32
	must(t, conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, "org.freedesktop.secrets").Store(&pid))
	must(t, cmd.Process.Kill())
	cmd.Wait()
	<-conn.Context().Done() // the bus is gone
	for deadline := time.Now().Add(time.Minute); running(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the provider still runs")
		}
	}
}

// running reports whether a process exists and is not a zombie.
func running(pid uint32) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(rest, "Z")
}

func BenchmarkStart(b *testing.B) {
	if missing := keyringtest.Available(); missing != "" {
		b.Skip(missing + " is not installed")
	}
	for b.Loop() {
		s, err := keyringtest.Start(b.Context(), b.TempDir(), keyringtest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
