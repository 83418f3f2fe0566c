//go:build unix

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// An endless answer is cut off and not buffered.
func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	t.Parallel()
	for path, c := range map[string]struct {
		args string
		exit int
	}{
		accountserver.TokenPath: {"auth refresh", exitUnavailable},
		accountserver.APIPath:   {"auth status --check", exitUnavailable},
		"/.well-known":          {"login --no-browser --timeout 1s", exitFailure}, // the sign-in times out
	} {
		w := fakeWorld(t, accountserver.Config{})
		token, _ := w.seed(time.Hour, "keychain")
		w.service.Fail(accountserver.Fault{Path: path, Endless: true})
		cmd := w.command(strings.Fields(c.args)...)
		var said strings.Builder
		cmd.Stderr = &said
		began := time.Now()
		peak, err := runMeasured(cmd)
		if got := exitCode(err); got != c.exit || time.Since(began) > longest {
			t.Errorf("%s: exit %d after %v: %s", path, got, time.Since(began), said.String())
		}
		heard.output(cmd.Args[1:], "", said.String())
		if peak > 400<<10 { // a tenth of it without the race detector
			t.Errorf("%s: it took %d KiB", path, peak)
		}
		if w.token() != token {
			t.Errorf("%s: the session is gone", path)
		}
	}
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// runMeasured runs a command and returns how much memory it had at most, in KiB. On
// Linux it polls /proc, because Maxrss includes that of the process which started it.
func runMeasured(cmd *exec.Cmd) (peak int64, err error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	done := make(chan struct{})
	sampled := make(chan int64)
	go func() {
		most := int64(0)
		for {
			text, _ := os.ReadFile(status)
			if match := peakLine.FindSubmatch(text); match != nil {
				now, _ := strconv.ParseInt(string(match[1]), 10, 64)
				most = max(most, now)
			}
			select {
			case <-done:
				sampled <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	err = cmd.Wait()
	close(done)
	if peak = <-sampled; runtime.GOOS == "darwin" {
		peak = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
	}
	return peak, err
}

// plants are what an attacker, or a mishap, may put into a state directory.
var plants = []struct {
	name  string
	plant func(w *world) error
	exit  int // of `auth refresh`
	words string
}{
	{"config.toml is a pipe", planted("config.toml", pipe), exitFailure, "config.toml: not a regular file"},
	{"config.toml is a directory", planted("config.toml", directory), exitFailure, "config.toml: not a regular file"},
	{"config.toml has no end", planted("config.toml", link("/dev/zero")), exitFailure, "config.toml: not a regular file"},
	{"config.toml is huge", planted("config.toml", huge), exitFailure, "config.toml: too large"},
	{"config.toml is somebody else's", planted("config.toml", another), exitFailure, "config.toml: owned by another user"},
	{"config.toml is a link to nothing", planted("config.toml", link("nothing")), exitOK, ""},
	{"profile is a pipe", planted("profile", pipe), exitFailure, "profile: not a regular file"},
	{"profile has no end", planted("profile", link("/dev/zero")), exitFailure, "profile: not a regular file"},
	{"profile is huge", planted("profile", huge), exitFailure, "profile: too large"},
	{"profile is somebody else's", planted("profile", another), exitFailure, "profile: owned by another user"},
	{"profile is a link to nothing", planted("profile", link("nothing")), exitFailure, "profile: file does not exist"},
	{"auth.json is a pipe", planted("auth.json", pipe), exitFailure, "not a regular file"},
	{"auth.json is a directory", planted("auth.json", directory), exitFailure, "not a regular file"},
	{"auth.json has no end", planted("auth.json", link("/dev/zero")), exitFailure, "not a regular file"},
	{"auth.json is huge", planted("auth.json", huge), exitFailure, "too large"},
	{"auth.json is somebody else's", planted("auth.json", another), exitFailure, "owned by another user"},
	{"locks is a pipe", planted("locks", pipe), exitOK, ""},
	{"locks leads nowhere", planted("locks", link("nothing")), exitOK, ""},
	{"a lock is a pipe", planted("LOCK", pipe), exitOK, ""},
	{"a lock is a link", planted("LOCK", link("../target")), exitOK, ""},
	{"a lock is a directory", planted("LOCK", directory), exitOK, ""},
	{"the file's lock is a pipe", planted("locks/auth.json.lock", pipe), exitOK, ""},
	{"the file's lock is a link", planted("locks/auth.json.lock", link("../target")), exitOK, ""},
	{"everybody may write", func(w *world) error { return os.Chmod(w.state(""), 0o777) }, exitOK, "only you can use it now"},
}

// planted moves a name of the state directory away and plants something there.
// LOCK stands for the lock of the credential. A lock that can't be had here is
// made elsewhere.
func planted(name string, plant func(path string) error) func(w *world) error {
	return func(w *world) error {
		path := w.state(name)
		if name == "LOCK" {
			path = w.lockPath()
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.Rename(path, path+".aside"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return plant(path)
	}
}

func pipe(path string) error      { return syscall.Mkfifo(path, 0o600) }
func directory(path string) error { return os.Mkdir(path, 0o700) }
func huge(path string) error {
	return errors.Join(os.WriteFile(path, []byte("# "), 0o600), os.Truncate(path, 1<<40))
}
func link(to string) func(path string) error {
	return func(path string) error { return os.Symlink(to, path) }
}

var errOnlyRoot = errors.New("only root can give a file away")

func another(path string) error {
	if os.Geteuid() != 0 {
		return errOnlyRoot
	}
	return errors.Join(os.WriteFile(path, nil, 0o666), os.Chown(path, 65534, -1))
}

// A command ends at once, names what is in its way in the state directory, and loses
// nothing: after its removal the session works.
func TestAHostileStateDirectory(t *testing.T) {
	t.Parallel()
	for _, c := range plants {
		t.Run(c.name, func(t *testing.T) {
			w := fakeWorld(t, accountserver.Config{})
			w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
			_, refresh := w.seed(time.Hour, "file")
			if strings.HasPrefix(c.name, "config.toml") {
				w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=") // it would come first
			}
			err := c.plant(w)
			if errors.Is(err, errOnlyRoot) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), longest)
			defer cancel()
			cmd := w.command("auth", "refresh")
			context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
			var said strings.Builder
			cmd.Stderr = &said
			if got := exitCode(cmd.Run()); got != c.exit || !strings.Contains(said.String(), c.words) {
				t.Errorf("exit %d, %v: %s", got, ctx.Err(), said.String())
			}
			heard.output(cmd.Args[1:], "", said.String())
			if _, err := os.Lstat(w.state("target")); err == nil {
				t.Error("the link was followed")
			}
			if c.exit == exitOK {
				w.token()
				return
			}
			w.unplant(t)
			if !w.service.RefreshValid(refresh) {
				t.Error("the refresh token was spent")
			}
			w.must("auth", "refresh")
		})
	}
}

// unplant takes away what was planted and puts back what was there.
func (w *world) unplant(t *testing.T) {
	t.Helper()
	err := errors.Join(os.RemoveAll(w.state("config.toml")), os.RemoveAll(w.state("profile")), os.RemoveAll(w.state("locks")))
	if _, missing := os.Lstat(w.state("auth.json.aside")); missing == nil {
		err = errors.Join(err, os.RemoveAll(w.state("auth.json")), os.Rename(w.state("auth.json.aside"), w.state("auth.json")))
	}
	if err != nil {
		t.Fatal(err)
	}
}
