package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/outcome"
)

// snapshot is everything that the world's stores hold, times included.
func (w *world) snapshot() map[string]string {
	w.Helper()
	all := map[string]string{}
	roots := []string{w.home, w.runtime}
	if w.session == nil {
		roots = append(roots, w.fake().Dir)
	} else {
		all["keychain"] = w.search()
	}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			text := ""
			if info.Mode().IsRegular() {
				content, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				text = string(content)
			}
			all[path] = fmt.Sprint(info.Mode(), info.ModTime().UnixNano(), text)
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
	}
	return all
}

// search is what another program finds of ours in the real keychain.
func (w *world) search() string {
	w.Helper()
	if _, err := exec.LookPath("secret-tool"); err != nil {
		deep.Missing(w, "secret-tool is not installed")
	}
	cmd := exec.Command("secret-tool", "search", "--all", "service", "mogplex")
	cmd.Env = w.env
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// wantSame compares with an earlier snapshot.
func (w *world) wantSame(before map[string]string, after string) {
	w.Helper()
	now := w.snapshot()
	for _, path := range slices.Sorted(maps.Keys(now)) {
		if now[path] != before[path] {
			w.Errorf("%s: %s is new or changed", after, path)
		}
	}
	for path := range before {
		if _, ok := now[path]; !ok {
			w.Errorf("%s: %s is gone", after, path)
		}
	}
}

func TestADryRunOfMigrateChangesNothingAnywhere(t *testing.T) {
	t.Parallel()
	for _, keychain := range keychains {
		t.Run(keychain.name, func(t *testing.T) {
			w := keychain.make(t, accountserver.Config{})
			w.seed(time.Hour, "keychain")
			w.must("auth", "status")
			for _, where := range []string{"nothing in the file", "an earlier sign-in in the file", "a later sign-in in the file", "a file that is cut off"} {
				switch where {
				case "an earlier sign-in in the file":
					w.seed(30*time.Minute, "file")
				case "a later sign-in in the file":
					w.seed(2*time.Hour, "file")
				case "a file that is cut off":
					if err := w.writeFile(`{"mogplex":`); err != nil {
						t.Fatal(err)
					}
				}
				before := w.snapshot()
				for _, args := range []string{"--dry-run", "--dry-run --json", "--dry-run --to file", "--dry-run --to file --json"} {
					w.run(append([]string{"auth", "migrate"}, strings.Fields(args)...)...)
					w.wantSame(before, where+", "+args)
				}
			}
		})
	}
}

// moved runs migrate --json.
func (w *world) moved(want int, args ...string) migrateReport {
	w.Helper()
	code, stdout, stderr := w.run(append([]string{"auth", "migrate", "--json"}, args...)...)
	var r migrateReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != want {
		w.Fatalf("exit %d: %v: %s%s", code, err, stdout, stderr)
	}
	return r
}

// TestMigrateLeavesAnotherSignInAlone has a different sign-in in each store, which
// no clock orders. With --force the moved one replaces the other, whose session is
// revoked.
func TestMigrateLeavesAnotherSignInAlone(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"keychain", "file"} {
		for _, age := range []time.Duration{20 * time.Minute, -20 * time.Minute} { // how much newer the file's is
			t.Run(fmt.Sprintf("to the %s, %s", to, age), func(t *testing.T) {
				w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
				keychain, _ := w.seed(30*time.Minute, "keychain")
				file, _ := w.seed(30*time.Minute+age, "file")
				moving, there := file, keychain
				if to == "file" {
					moving, there = keychain, file
				}
				before := w.snapshot()
				r := w.moved(0, "--to", to)
				if len(r.Moved) != 0 || len(r.Skipped) != 1 || !strings.Contains(r.Skipped[0].Why, ada) || !strings.Contains(r.Skipped[0].Why, "--force") {
					t.Errorf("%+v", r)
				}
				w.wantSame(before, "skipped")
				if !w.service.Valid(keychain) || !w.service.Valid(file) || w.token() != keychain {
					t.Error("a session was ended, or another one is active")
				}
				if _, stdout, _ := w.run("auth", "status", "--json"); !strings.Contains(stdout, `"stray": true`) {
					t.Errorf("the other one is not shown: %s", stdout)
				}
				if _, _, said := w.run("auth", "migrate", "--dry-run", "--force", "--to", to); !strings.Contains(said, "It would replace the sign-in of Ada") {
					t.Errorf("the dry run said %s", said)
				}
				w.wantSame(before, "a dry run with --force")
				if !w.service.Valid(there) {
					t.Error("a dry run ended a session")
				}
				if r := w.moved(0, "--to", to, "--force"); !slices.Equal(r.Moved, []string{w.service.name()}) {
					t.Errorf("with --force: %+v", r)
				}
				if w.token() != moving || !w.service.Valid(moving) || w.service.Valid(there) {
					t.Error("with --force the other sign-in is not the one that ended")
				}
				if code, stdout, _ := w.run("auth", "status", "--json"); code != 0 || strings.Contains(stdout, "stray") ||
					!strings.Contains(stdout, fmt.Sprintf("%q: %q", "source", to)) {
					t.Errorf("exit %d: %s", code, stdout)
				}
				after := w.snapshot()
				if again := w.moved(0, "--to", to, "--force"); len(again.Moved)+len(again.Skipped)+len(again.Failed) != 0 {
					t.Errorf("a second time: %+v", again)
				}
				w.wantSame(after, "a second time")
			})
		}
	}
}

func TestMigrateMovesTheRestIfOneItemIsRefused(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token, _ := w.seed(time.Hour, "file")
	text, err := os.ReadFile(w.state("auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	const groq, openai = "gsk_0123456789abcdef", "sk-proj-0123456789abcdef"
	heard.secret(groq, openai)
	more := fmt.Sprintf(`"credentials": {"groq": {"type": "api_key", "key": %q}, "openai": {"type": "api_key", "key": %q},`, groq, openai)
	if err := w.writeFile(strings.Replace(string(text), `"credentials": {`, more, 1)); err != nil {
		t.Fatal(err)
	}
	refused := filepath.Join(w.fake().Dir, w.account("groq")+".item")
	if err := os.MkdirAll(refused, 0o700); err != nil { // where its item would be
		t.Fatal(err)
	}
	r := w.moved(exitUnavailable)
	if !slices.Equal(r.Moved, []string{w.service.name(), "openai"}) || len(r.Failed) != 1 || r.Failed[0].Provider != "groq" || r.Error == nil {
		t.Errorf("%+v", r)
	}
	if w.token() != token || w.must("auth", "token", "--provider", "openai") != openai+"\n" {
		t.Error("what was moved is not found")
	}
	if text, err := os.ReadFile(w.state("auth.json")); err != nil || !strings.Contains(string(text), groq) || strings.Contains(string(text), openai) {
		t.Errorf("the file holds something else: %v", err)
	}
	if err := os.Remove(refused); err != nil {
		t.Fatal(err)
	}
	if r := w.moved(0); !slices.Equal(r.Moved, []string{"groq"}) {
		t.Errorf("the second time: %+v", r)
	}
	if _, err := os.Stat(w.state("auth.json")); err == nil {
		t.Error("the file is left")
	}
}

// TestMigrateAgainGoesTheSameWay runs the command that a failed migration suggests.
func TestMigrateAgainGoesTheSameWay(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"keychain", "file"} {
		m := &account.Migration{To: to, Failed: []account.NotMoved{{Err: errors.New("no room")}}}
		if hint := outcome.Of(migrationError(m)).Hint; !strings.Contains(hint, "`mogplex auth migrate --to "+to+"`") {
			t.Errorf("to the %s: %s", to, hint)
		}
	}
}
