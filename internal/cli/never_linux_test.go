package cli

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// Two users that this machine does not have.
const someone, someoneElse = 61234, 61235

// as is the same machine used by another user.
func (w *world) as(uid int) *world {
	other := w.with()
	id := strconv.Itoa(uid)
	other.prefix = append([]string{"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"}, w.prefix...)
	return other
}

// without is the same machine with system calls that fail.
func (w *world) without(errors map[string]string) *world {
	other := w.with()
	strace := []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + strings.Join(slices.Collect(maps.Keys(errors)), ",")}
	for call, errno := range errors {
		strace = append(strace, "-e", "inject="+call+":error="+errno)
	}
	other.prefix = append(strace, w.prefix...)
	if out, err := other.command("--version").CombinedOutput(); err != nil {
		deep.Missing(w, "strace can't trace here: "+string(out))
	}
	return other
}

// worldOf is fakeWorld with everything in one directory that a user owns.
func worldOf(t *testing.T, cfg accountserver.Config, uid int) *world {
	if os.Geteuid() != 0 {
		t.Skip("only root can be several users")
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		deep.Missing(t, "setpriv is not installed")
	}
	dir, err := os.MkdirTemp("/tmp", "home-of-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = os.RemoveAll(dir), os.RemoveAll(inTmp(uid)) })
	w := fakeWorld(t, cfg)
	program, err := os.ReadFile(w.mogplex)
	if err != nil {
		t.Fatal(err)
	}
	w.mogplex, w.home, w.runtime = filepath.Join(dir, "mogplex"), filepath.Join(dir, "home"), filepath.Join(dir, "run")
	keychain := filepath.Join(dir, "keychain")
	err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(w.mogplex, program, 0o755))
	for _, name := range []string{w.home, w.runtime, keychain} {
		err = errors.Join(err, os.Mkdir(name, 0o700), os.Chown(name, uid, uid))
	}
	if err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "HOME="+w.home, "XDG_RUNTIME_DIR="+w.runtime)
	i := slices.IndexFunc(w.env, func(pair string) bool { return strings.HasPrefix(pair, "KEYCHAIN=") })
	w.env[i] = "KEYCHAIN=" + keychain
	return w
}

// inTmp is where a user's locks are if no other place can hold them.
func inTmp(uid int) string { return "/tmp/mogplex-" + strconv.Itoa(uid) }

// owned calls do for each file and directory of a tree.
func owned(t *testing.T, root string, do func(path string, uid int)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			do(path, int(info.Sys().(*syscall.Stat_t).Uid))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// 10: Without a lock directory nobody can sign out although the keychain works.
func TestSignOutWorksWithoutALockDirectory(t *testing.T) {
	home := func(w *world, owner int, mode fs.FileMode) *world {
		if err := errors.Join(os.Mkdir(w.state(""), mode), os.Chown(w.state(""), owner, owner)); err != nil {
			w.Fatal(err)
		}
		return w.as(someone)
	}
	for name, spoil := range map[string]func(w *world) *world{
		"read-only":       func(w *world) *world { return home(w, someone, 0o500) },
		"somebody else's": func(w *world) *world { return home(w, someoneElse, 0o755) },
		"no locks at all": func(w *world) *world { return w.as(someone).without(map[string]string{"flock": "ENOLCK"}) },
		"nothing writable": func(w *world) *world {
			return w.as(someone).without(map[string]string{"flock": "ENOLCK", "mkdirat": "EROFS"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := worldOf(t, revoking, someone)
			poor := spoil(w)
			token := poor.signsIn(ada)
			if got := poor.token(); got != token {
				t.Error("auth token printed something else")
			}
			lockless := slices.Contains(poor.prefix, "strace")
			if code, _, said := poor.run("auth", "refresh"); (code != 0) != lockless {
				t.Errorf("refresh of a living token: exit %d: %s", code, said)
			}
			// A token past its end is renewed without a lock as well.
			if got := poor.with("CLOCK=2h").token(); got == token || !w.service.Valid(got) {
				t.Errorf("after %d refreshes it does not work", w.service.refreshes())
			}
			poor.must("logout")
			if items, _ := filepath.Glob(filepath.Join(w.fake().Dir, "mogplex*.item")); len(items) != 0 || w.service.living() != 0 {
				t.Errorf("%q is left, and %d sessions", items, w.service.living())
			}
			if code, _, said := poor.run("auth", "token"); code != exitNotSignedIn {
				t.Errorf("exit %d: %s", code, said)
			}
			said, err := poor.login(poor.command("login", "--no-browser"))
			if err != nil || strings.Contains(said, "because it can't be locked") != lockless {
				t.Errorf("login: %v: %s", err, said)
			}
		})
	}
}

// 11: Another user of the machine makes a directory in /tmp, and every sign-out
// fails.
func TestAnotherUsersDirectoryInTmpStopsNoSignOut(t *testing.T) {
	w := worldOf(t, revoking, someone)
	taken := inTmp(someone)
	if err := errors.Join(os.RemoveAll(taken), os.Mkdir(taken, 0o777), os.Chown(taken, someoneElse, someoneElse)); err != nil {
		t.Fatal(err)
	}
	his := w.as(someone)
	for _, readOnly := range []bool{false, true} { // whose locks would be in /tmp
		his.signsIn(ada)
		if readOnly {
			if err := errors.Join(os.RemoveAll(w.state("locks")), os.Chmod(w.state(""), 0o500)); err != nil {
				t.Fatal(err)
			}
		}
		his.must("logout")
		if code, _, said := his.run("auth", "token"); code != exitNotSignedIn || w.service.living() != 0 {
			t.Errorf("exit %d: %s", code, said)
		}
	}
	if entries, err := os.ReadDir(taken); err != nil || len(entries) != 0 {
		t.Errorf("something was put into the other user's directory: %v, %v", entries, err)
	}
}

// 11: Root in somebody's home leaves files that block its owner.
func TestRootInSomebodysHomeLeavesNothingThere(t *testing.T) {
	for name, fresh := range map[string]bool{"in use": false, "fresh": true} {
		t.Run(name, func(t *testing.T) {
			w := worldOf(t, revoking, someone)
			his := w.as(someone)
			if !fresh {
				his.storing("file").signsIn(ada)
				_ = os.Remove(w.state("locks/changed"))
			}
			roots := t.TempDir()
			for _, root := range []*world{w, w.storing("file"), w.with("KEYCHAIN=" + roots)} {
				for _, args := range []string{"auth token", "auth refresh", "auth status --check", "models", "mcp", "auth migrate",
					"login --with-token", "login --provider openai --with-api-key", "logout", "logout --all"} {
					root.runWith(w.service.issuePAT(), strings.Fields(args)...) // the result does not matter
				}
			}
			owned(t, w.home, func(path string, uid int) {
				if uid != someone {
					t.Errorf("%s is root's", path)
				}
			})
			first := his.storing("file").signsIn(grace)
			his.must("auth", "refresh")
			if w.service.Valid(first) && his.token() == first {
				t.Error("the owner can't renew")
			}
			his.must("logout")
		})
	}
}

var (
	madeDir = regexp.MustCompile(`mkdirat\(.*"(/[^"]+)", 0700\) += 0`)
	renamed = regexp.MustCompile(`renameat2?\(.*"(/[^"]+)".*\) += 0`)
	synced  = regexp.MustCompile(`fsync\(\d+<(/[^>]+)>\) += 0`)
)

// 20: Linux: the first write never syncs the directories it made.
func TestTheFirstWriteSyncsTheDirectoriesItMade(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		deep.Missing(t, "strace is not installed")
	}
	w := fakeWorld(t, accountserver.Config{})
	log := filepath.Join(t.TempDir(), "log")
	w.prefix = []string{"strace", "-f", "-qq", "-y", "-e", "trace=mkdirat,fsync,renameat,renameat2", "-o", log}
	home := filepath.Join(w.home, "a/b/c")
	w = w.storing("file").with("MOGPLEX_HOME=" + home)
	if code, _, said := w.runWith("sk-proj-0123456789abcdef", "login", "--provider", "openai", "--with-api-key"); code != 0 {
		deep.Missing(t, "strace can't trace here: "+said)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	due := map[string]string{} // why a directory has to be synced
	var made []string
	for line := range strings.Lines(string(text)) {
		if m := madeDir.FindStringSubmatch(line); m != nil {
			made = append(made, m[1])
			due[filepath.Dir(m[1])] = "making " + m[1]
		} else if m := renamed.FindStringSubmatch(line); m != nil {
			due[filepath.Dir(m[1])] = "renaming " + m[1]
		} else if m := synced.FindStringSubmatch(line); m != nil {
			delete(due, m[1])
		}
	}
	if !slices.Contains(made, home) || !slices.Contains(made, filepath.Join(w.home, "a")) || !strings.Contains(string(text), "auth.json") {
		t.Errorf("what has to be seen is not: %s", text)
	}
	for dir, why := range due {
		t.Errorf("%s was not synced after %s", dir, why)
	}
}
