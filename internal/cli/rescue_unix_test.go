//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// TestARenewedTokenThatNoStoreTakesIsRescued lets every store fail in the
// moment between the refresh request and its answer: the old refresh token is
// spent by then, and the new one must not be lost.
func TestARenewedTokenThatNoStoreTakesIsRescued(t *testing.T) {
	for _, mode := range []storeMode{storeAuto, storeKeychain} {
		t.Run(string(mode), func(t *testing.T) {
			var armed atomic.Bool
			var breakStores func()
			w := fakeWorld(t, accountserver.Config{StrictRotation: true, OnRequest: func(r accountserver.Request) {
				if r.Grant == "refresh_token" && armed.Load() {
					breakStores()
				}
			}})
			runtime := t.TempDir()
			fake := keyringtest.Fake{Dir: strings.TrimPrefix(w.env[len(w.env)-1], "KEYCHAIN=")}
			w.seed(-time.Minute, "file")
			w.must("auth", "migrate")
			w.env = append(w.env, "XDG_RUNTIME_DIR="+runtime, "MOGPLEX_CREDENTIAL_STORE="+string(mode))
			breakStores = func() {
				if err := fake.Break(keyringtest.ReadOnly); err != nil {
					t.Error(err)
				}
				if err := os.Mkdir(w.state("auth.json"), 0o700); err != nil {
					t.Error(err)
				}
			}
			armed.Store(true)
			code, token, said := w.run("auth", "token")
			token = strings.TrimSpace(token)
			if code != 0 || !w.service.Valid(token) {
				t.Fatalf("exit %d: %s", code, said)
			}
			armed.Store(false)
			paths, _ := filepath.Glob(filepath.Join(runtime, "mogplex", "rescue-*.json"))
			if len(paths) != 1 {
				t.Fatalf("rescue files: %v; said %s", paths, said)
			}
			wantRescued(t, paths[0], token, mode == storeKeychain)
			if got := w.token(); got != token {
				t.Error("the next command does not find the rescued token")
			}
			wantPlace(t, w, paths[0])
			mend(t, w, fake)
			w.must("auth", "refresh")
			if _, err := os.Stat(paths[0]); err == nil {
				t.Error("the rescue file stays after a write that succeeded elsewhere")
			}
			w.must("logout")
			if left, _ := fake.List(t.Context()); len(left) != 0 {
				t.Errorf("left in the keychain: %v", left)
			}
		})
	}
}

// TestSigningOutKeepsTheKeyOfWhatIsRescued: the file may hold another provider's
// key, which the account's sign-out is not about.
func TestSigningOutKeepsTheKeyOfWhatIsRescued(t *testing.T) {
	w := fakeWorld(t, accountserver.Config{})
	fake := keyringtest.Fake{Dir: strings.TrimPrefix(w.env[len(w.env)-1], "KEYCHAIN=")}
	w.seed(time.Hour, "keychain")
	w.env = append(w.env, "XDG_RUNTIME_DIR="+t.TempDir(), "MOGPLEX_CREDENTIAL_STORE=keychain")
	w.must("auth", "refresh") // makes the key that seals
	if err := fake.Break(keyringtest.ReadOnly); err != nil {
		t.Fatal(err)
	}
	const key = "sk-proj-MARKrescued0123456789"
	cmd := w.command("login", "--provider", "openai", "--with-api-key")
	cmd.Stdin = strings.NewReader(key)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if err := fake.Clear(keyringtest.ReadOnly); err != nil {
		t.Fatal(err)
	}
	w.must("logout")
	if got := strings.TrimSpace(w.must("auth", "token", "--provider", "openai")); got != key {
		t.Error("the rescued key is gone")
	}
	w.must("logout", "--all")
	if left, err := fake.List(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("left in the keychain: %v, %v", left, err)
	}
}

func wantRescued(t *testing.T, path, token string, sealed bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if clear := strings.Contains(string(text), token); clear == sealed {
		t.Errorf("the token is in the clear: %v", clear)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// wantPlace checks that status says where the credential is.
func wantPlace(t *testing.T, w *world, path string) {
	t.Helper()
	if code, out, _ := w.run("auth", "status"); code != 0 || !strings.Contains(out, path) {
		t.Errorf("exit %d: %s", code, out)
	}
}

func mend(t *testing.T, w *world, fake keyringtest.Fake) {
	t.Helper()
	if err := fake.Clear(keyringtest.ReadOnly); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.state("auth.json")); err != nil {
		t.Fatal(err)
	}
}

func TestARescueDirectoryOfSomebodyElseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{dir: true, filepath.Join(dir, "none"): true, link: false, file: false} {
		if got := ownDir(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 65534, -1); err != nil {
			t.Fatal(err)
		}
		if ownDir(dir) {
			t.Error("a directory of another user's was taken for our own")
		}
	}
}
