package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// hosted returns the path of a cached file of the service.
func (w *world) hosted(name string) string {
	key := auth.Key{Provider: auth.Mogplex, Origin: w.service.url}
	return w.state(filepath.Join(key.Subdir(), name))
}

// leftFiles are the files in the state directory and what the service sent, but
// for the directory's id.
func (w *world) leftFiles() (names []string) {
	for _, dir := range []string{w.state(""), w.hosted("")} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.Fatal(err)
		}
		for _, entry := range entries {
			if !entry.IsDir() && entry.Name() != "id" {
				names = append(names, entry.Name())
			}
		}
	}
	return names
}

// TestAnAnswerAfterASignOutIsNotKept signs out after the service has prepared a list
// and before it answers.
func TestAnAnswerAfterASignOutIsNotKept(t *testing.T) {
	t.Parallel()
	for _, keychain := range keychains {
		for _, args := range []string{"models --refresh", "mcp --refresh"} {
			t.Run(keychain.name+"/"+args, func(t *testing.T) {
				var signOut atomic.Pointer[func()]
				w := keychain.make(t, accountserver.Config{OnRequest: func(r accountserver.Request) {
					if do := signOut.Load(); strings.HasPrefix(r.Path, accountserver.APIPath) && signOut.CompareAndSwap(do, nil) && do != nil {
						(*do)()
					}
				}})
				w.seed(time.Hour, "keychain")
				signOut.Store(new(func() {
					if code, _, said := w.run("logout"); code != 0 {
						t.Errorf("sign-out: exit %d: %s", code, said)
					}
				}))
				code, stdout, said := w.run(strings.Fields(args)...)
				if code != 0 || stdout == "" || !strings.Contains(said, "was not cached") {
					t.Errorf("exit %d: %s", code, said)
				}
				if left := w.leftFiles(); len(left) > 0 {
					t.Errorf("left after the sign-out: %v", left)
				}
				if w.session == nil {
					dir := w.env[slices.IndexFunc(w.env, func(pair string) bool { return strings.HasPrefix(pair, "KEYCHAIN=") })]
					if left, _ := (keyringtest.Fake{Dir: strings.TrimPrefix(dir, "KEYCHAIN=")}).List(t.Context()); len(left) > 0 {
						t.Errorf("left in the keychain: %v", left)
					}
				}
			})
		}
	}
}

// TestFiftyProcessesKeepOneCopy has many processes fetch at once. The first ones
// create the encryption key.
func TestFiftyProcessesKeepOneCopy(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	var all sync.WaitGroup
	outputs := make([]string, 50)
	for i := range outputs {
		all.Go(func() {
			code, stdout, said := w.run("mcp", "--refresh")
			if code != 0 || strings.Contains(said, "Warning") { // a busy machine says what it waits for
				t.Errorf("exit %d: %s", code, said)
			}
			outputs[i] = stdout
		})
	}
	all.Wait()
	if same := slices.Compact(outputs); len(same) != 1 {
		t.Errorf("%d different outputs", len(same))
	}
	w.service.Fail(accountserver.Fault{Path: accountserver.APIPath, Status: 503})
	if got := w.must("mcp", "--refresh"); got != outputs[0] {
		t.Errorf("the kept copy is another: %s", got)
	}
	if left := w.leftFiles(); !slices.Equal(left, []string{"mcp-servers.remote.json"}) {
		t.Errorf("left: %v", left)
	}
}

// TestASignInDoesNotWaitLongForHostedState signs in while the API does not answer.
// The lists of another credential are removed all the same.
func TestASignInDoesNotWaitLongForHostedState(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token := "MOGPLEX_API_KEY=" + w.service.IssuePAT("grace@example.test")
	for _, list := range []string{"models", "mcp"} {
		cmd := w.command(list)
		cmd.Env = append(cmd.Env, token)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	if left := w.leftFiles(); len(left) != 2 {
		t.Fatalf("kept: %v", left)
	}
	w.service.Fail(accountserver.Fault{Path: accountserver.APIPath, Delay: time.Hour})
	started := time.Now()
	said, err := w.login(w.command("login", "--no-browser"))
	if err != nil || !strings.Contains(said, "Fetching models") || !strings.Contains(said, "were not fetched") {
		t.Errorf("%v: %s", err, said)
	}
	if took := time.Since(started); took > syncLimit+longest/2 {
		t.Errorf("it took %s", took)
	}
	if left := w.leftFiles(); len(left) > 0 {
		t.Errorf("the lists of another credential are left: %v", left)
	}
}

func TestTableFitsItsWidth(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"ID", "NAME", "CONTEXT"}, {"a/long-name", "漢字漢字", "1M"}, {"b", "\x1b[31mred\u202e", "128k"}}
	for width, want := range map[int]string{
		0:  "ID           NAME      CONTEXT\na/long-name  漢字漢字       1M\nb            [31mred      128k\n",
		30: "ID           NAME      CONTEXT\na/long-name  漢字漢字       1M\nb            [31mred      128k\n",
		29: "ID           CONTEXT\na/long-name       1M\nb               128k\n",
		12: "ID\na/long-name\nb\n",
		7:  "ID\na/long…\nb\n",
	} {
		if got := table(rows, []int{2}, []int{1, 2}, width); got != want {
			t.Errorf("in %d columns:\n%s", width, got)
		}
	}
}
