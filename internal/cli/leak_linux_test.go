package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// script writes an executable shell script.
func script(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := writeProgram(path, []byte("#!/bin/sh\n"+text+"\n")); err != nil {
		t.Fatal(err)
	}
	return path
}

// setEveryVariable puts a marked key into each provider's variable.
func (w *world) setEveryVariable() {
	for _, p := range auth.Providers() {
		value := "mark-of-" + p.Name + "-0123456789abcdef"
		heard.secret(value)
		w.env = append(w.env, p.Variable+"="+value)
	}
}

// A person has every variable set. The browser that a sign-in starts sees none of
// them, neither in its arguments nor in its environment; `ps` shows no secret of
// mogplex; and no session bus is started.
func TestTheBrowserIsGivenTheAddressAndNoSecret(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	record := filepath.Join(t.TempDir(), "record")
	browser := script(t, "browser", `
{ env; echo "ARGUMENTS $*"; tr '\0' ' ' </proc/$PPID/cmdline; } >"$RECORD.part"
mv "$RECORD.part" "$RECORD"`)
	bus := script(t, "dbus-launch", `env >"$RECORD.bus"`)
	w.setEveryVariable()
	w.env = append(w.env, "BROWSER="+browser, "RECORD="+record, "PATH="+filepath.Dir(bus)+":"+os.Getenv("PATH"))
	cmd, address, stderr := w.listeningLogin()
	var seen []byte
	eventually(t, "the browser's record", func() (done bool) {
		var err error
		seen, err = os.ReadFile(record)
		return err == nil && strings.Contains(string(seen), address) // not that of an earlier sign-in
	})
	callback, err := walk(address, ada)
	if err != nil {
		t.Fatal(err)
	}
	arrive(t, callback)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	heard.output(cmd.Args[1:], "", stderr.String())

	for _, want := range []string{"HOME=" + w.home, "ARGUMENTS " + address + "\n", "mogplex login"} {
		if !strings.Contains(string(seen), want) {
			t.Errorf("the record lacks %q: it shows nothing", want)
		}
	}
	if heard.holds(string(seen)) {
		t.Error("the browser was given a secret")
	}
	for _, p := range auth.Providers() {
		if strings.Contains(string(seen), p.Variable+"=") {
			t.Errorf("the browser was given %s", p.Variable)
		}
	}
	if strings.Contains(address, "verifier") || !strings.Contains(address, "code_challenge_method=S256") {
		t.Errorf("the address is %s", address)
	}
	if _, err := os.Stat(record + ".bus"); err == nil {
		t.Error("a session bus was started")
	}
}

// A process that holds tokens and crashes with GOTRACEBACK=crash and no limits
// writes no core, and its output holds no secret.
func TestACrashLeavesNoCoreAndNoSecret(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.setEveryVariable()
	w.env = append(w.env, "MOGPLEX_API_KEY=") // it would decide
	w.service.Fail(accountserver.Fault{Path: accountserver.TokenPath, Delay: time.Minute})
	w.seed(-time.Minute, "keychain")
	dir := t.TempDir()
	crash := func(ctx context.Context, line string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", "ulimit -c unlimited && " + line}, args...)...)
		cmd.Dir, cmd.Env = dir, append(w.env, "GOTRACEBACK=crash")
		return cmd
	}
	var said syncBuffer
	cmd := crash(t.Context(), `exec "$0" auth refresh`, w.mogplex)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refresh request", func() bool { return w.service.refreshes() > 0 })
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^Max core file size +1 `).Match(limits) {
		t.Errorf("cores are written: %s", limits)
	}
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); exitCode(err) == 0 || !strings.Contains(said.String(), "SIGABRT") {
		t.Fatalf("it did not crash: %v, %s", err, said.String())
	}
	heard.output([]string{"crash"}, "", said.String())
	if cores, _ := filepath.Glob(filepath.Join(dir, "*")); len(cores) > 0 {
		t.Errorf("left: %v", cores)
	}
	_ = crash(t.Context(), "kill -ABRT $$").Run()
	if cores, _ := filepath.Glob(filepath.Join(dir, "*")); len(cores) == 0 {
		t.Log("this kernel writes no core here for anybody: the limit alone was checked")
	}
}

// wantPrivate fails unless every file below the directories is private to its owner.
// It returns how many files it saw.
func wantPrivate(t *testing.T, roots ...string) (files int) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && path == root {
				return nil
			}
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			want := fs.FileMode(0o600)
			if entry.IsDir() {
				want = 0o700
			} else {
				files++
			}
			if info.Mode().Perm() != want {
				t.Errorf("%s has mode %04o", path, info.Mode().Perm())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// openWorld runs mogplex under the umask 000.
func openWorld(t *testing.T, cfg accountserver.Config) *world {
	w := fakeWorld(t, cfg)
	w.mogplex = script(t, "mogplex", "umask 000\nexec "+w.mogplex+` "$@"`)
	return w
}

// Every file that mogplex writes is private under umask 000, lock files and
// displaced.json included.
func TestFilesArePrivateUnderAnyUmask(t *testing.T) {
	t.Parallel()
	var w *world
	var keychain keyringtest.Fake
	var storesBreak atomic.Bool // in the moment of a refresh
	w = openWorld(t, accountserver.Config{OnRequest: func(r accountserver.Request) {
		if r.Grant != "refresh_token" || !storesBreak.Load() {
			return
		}
		if err := keychain.Break(keyringtest.ReadOnly); err != nil {
			t.Error(err)
		}
	}})
	keychain = keyringtest.Fake{Dir: strings.TrimPrefix(w.env[len(w.env)-1], "KEYCHAIN=")}
	w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
	for _, profile := range []string{"default", "work"} {
		if said, err := w.login(w.command("login", "--no-browser", "--profile", profile)); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	w.must("auth", "refresh")
	if err := os.WriteFile(w.state("auth.json"), []byte("{broken"), 0o666); err != nil {
		t.Fatal(err)
	}
	if said, err := w.login(w.command("login", "--no-browser")); err != nil { // backs it up
		t.Fatalf("%v: %s", err, said)
	}
	w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=auto")
	w.must("auth", "migrate")
	storesBreak.Store(true)
	w.must("auth", "refresh")
	if _, err := os.Stat(w.state("displaced.json")); err != nil {
		t.Error(err)
	}
	if files := wantPrivate(t, w.home, w.runtime); files < 6 {
		t.Errorf("%d files are too few: they are not seen", files)
	}
}

// The remains of an interrupted write are private at every moment.
func TestFilesArePrivateWhereverAWriteIsKilled(t *testing.T) {
	t.Parallel()
	w := openWorld(t, accountserver.Config{})
	w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("gsk_0123456789abcdefghij"), 0o600); err != nil {
		t.Fatal(err)
	}
	halves := 0
	for step, killed := 1, true; killed; step++ {
		if err := os.RemoveAll(w.state("")); err != nil {
			t.Fatal(err)
		}
		cmd := w.command("login", "--provider", "groq", "--with-api-key")
		stdin, err := os.Open(key)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdin = stdin
		killed, _, err = killAt(cmd, step, syscall.SIGKILL)
		stdin.Close()
		if errors.Is(err, errNoTracing) {
			deep.Missing(t, err.Error())
		}
		if err != nil {
			t.Fatal(err)
		}
		wantPrivate(t, w.home, w.runtime)
		temp, _ := filepath.Glob(w.state(".auth.json.tmp-*"))
		halves += len(temp)
	}
	if halves == 0 {
		t.Error("no kill left a half-written file: they are not seen")
	}
}
