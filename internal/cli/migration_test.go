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

	"github.com/mogplex/mogplex-cli/internal/accountserver"
	"github.com/mogplex/mogplex-cli/legacyfile"
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
		missing(w, "secret-tool is not installed")
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
	for _, keychain := range keychains {
		t.Run(keychain.name, func(t *testing.T) {
			w := keychain.make(t, accountserver.Config{})
			w.seed(time.Hour, "keychain")
			w.must("auth", "status")
			for _, where := range []string{"nothing in the file", "an older copy in the file", "a newer copy in the file", "a file that is cut off"} {
				switch where {
				case "an older copy in the file":
					w.seed(30*time.Minute, "file")
				case "a newer copy in the file":
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

func TestMigrateKeepsTheNewerOfTwoCopiesAndSaysSo(t *testing.T) {
	for _, to := range []string{"keychain", "file"} {
		for _, c := range []struct {
			name string
			age  time.Duration // by which the file's copy is newer
		}{{"the file's is newer", time.Hour}, {"the file's is older", -time.Hour}} {
			t.Run(to+", "+c.name, func(t *testing.T) {
				w := fakeWorld(t, accountserver.Config{})
				want, _ := w.seed(2*time.Hour, "keychain")
				filed, _ := w.seed(2*time.Hour+c.age, "file")
				if c.age > 0 {
					want = filed
				}
				_, _, dry := w.run("auth", "migrate", "--dry-run", "--to", to)
				r := w.moved(0, "--to", to)
				if len(r.Failed) != 0 || len(r.Moved)+len(r.Skipped) != 1 || len(r.Skipped) == 1 && !strings.Contains(r.Skipped[0].Why, "newer") {
					t.Errorf("%+v", r)
				}
				if len(r.Moved) != len(r.Replaced) || len(r.Replaced) == 1 && !strings.Contains(dry, "The "+to+"'s older copy of mogplex would be replaced.") {
					t.Errorf("an older copy was replaced without a word: %+v, %s", r, dry)
				}
				if w.token() != want {
					t.Error("the older copy was kept")
				}
				if code, stdout, _ := w.run("auth", "status", "--json"); code != 0 || strings.Contains(stdout, "shadowed_by") ||
					!strings.Contains(stdout, fmt.Sprintf("%q: %q", "source", to)) {
					t.Errorf("exit %d: %s", code, stdout)
				}
				before := w.snapshot()
				if again := w.moved(0, "--to", to); len(again.Moved)+len(again.Skipped)+len(again.Failed) != 0 {
					t.Errorf("a second time: %+v", again)
				}
				w.wantSame(before, "a second time")
			})
		}
	}
}

func TestMigrateMovesWhatItCanWhereOneItemIsRefused(t *testing.T) {
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
	refused := filepath.Join(w.fake().Dir, "groq.item")
	if err := os.MkdirAll(refused, 0o700); err != nil { // where its item would be
		t.Fatal(err)
	}
	r := w.moved(exitUnavailable)
	if !slices.Equal(r.Moved, []string{"mogplex", "openai"}) || len(r.Failed) != 1 || r.Failed[0].Provider != "groq" || r.Error == nil {
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

// TestMigrateAgainGoesTheSameWay: what is said to be typed after a failure.
func TestMigrateAgainGoesTheSameWay(t *testing.T) {
	for _, to := range []string{"keychain", "file"} {
		err := failures([]legacyfile.Outcome{{Name: "mogplex", Err: errors.New("no room")}}, to)
		if hint := outcomeOf(err).hint; !strings.Contains(hint, "`mogplex auth migrate --to "+to+"`") {
			t.Errorf("to the %s: %s", to, hint)
		}
	}
}
