package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// 5: `auth migrate` swallows an entry of a provider that it does not know; nothing
// can read it any more.
func TestMigrateLeavesEntriesThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "file")
	text, err := os.ReadFile(w.state("auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	others := []string{`"acme": {"type": "api_key", "key": "acme-0123456789",  "n": 1.50}`, `"mogplex@nowhere": {"token": "mog_0123456789"}`, `"top": "level"`}
	heard.secret("acme-0123456789", "mog_0123456789")
	head, own, _ := strings.Cut(strings.TrimSuffix(string(text), "}}"), `{"version": 1, "credentials": {`)
	text = fmt.Appendf(nil, `%s{"version": 1, "credentials": {%s, %s, %s}, %s}`, head, others[0], own, others[1], others[2])
	if err := w.writeFile(string(text)); err != nil {
		t.Fatal(err)
	}
	r := w.moved(0)
	skipped := []notMoved{{"acme", "not one of ours"}, {"mogplex@nowhere", "not one of ours"}}
	if !slices.Equal(r.Moved, []string{w.service.name()}) || !slices.Equal(r.Skipped[:2], skipped) {
		t.Errorf("%+v", r)
	}
	w.wantStored("the migration", "keychain")
	for _, command := range []string{"auth refresh", "auth migrate --to file", "auth refresh", "logout --all"} {
		w.must(strings.Fields(command)...)
		left, err := os.ReadFile(w.state("auth.json"))
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for _, entry := range others {
			next := strings.Index(string(left)[at:], entry)
			if next < 0 {
				t.Fatalf("after %s this is changed or moved: %s", command, entry)
			}
			at += next
		}
	}
	if w.service.refreshes() != 2 {
		t.Error("nothing was renewed")
	}
}

// 15: Two state directories link one auth.json and use two locks: saves that
// reported success are lost.
func TestTwoHomesThatLinkOneFileLoseNoSave(t *testing.T) {
	t.Parallel()
	one := fakeWorld(t, accountserver.Config{StrictRotation: true}).storing("file")
	two := one.with("MOGPLEX_HOME=" + t.TempDir())
	one.seed(-time.Minute, "file")
	for _, pair := range two.env {
		if dir, ok := strings.CutPrefix(pair, "MOGPLEX_HOME="); ok {
			if err := os.Symlink(one.state("auth.json"), filepath.Join(dir, "auth.json")); err != nil {
				t.Skip("no links here: ", err)
			}
		}
	}
	const rounds = 5
	providers := auth.Providers()[1:9] // without the account
	for round := range rounds {
		var all sync.WaitGroup
		for i, p := range providers {
			home := []*world{one, two}[i%2]
			key := fmt.Sprintf("key-%s-%d-0123456789", p.Name, round)
			all.Go(func() {
				if code, _, said := home.runWith(key, "login", "--provider", p.Name, "--with-api-key"); code != 0 {
					t.Errorf("exit %d: %s", code, said)
				}
			})
		}
		if round == 0 { // renewals as well: the old refresh token must not be used twice
			all.Go(func() { one.run("auth", "token") })
			all.Go(func() { two.run("auth", "token") })
		}
		all.Wait()
		for _, p := range providers {
			want := fmt.Sprintf("key-%s-%d-0123456789\n", p.Name, round)
			if got := one.must("auth", "token", "--provider", p.Name); got != want {
				t.Errorf("round %d: the save of %s is lost", round, p.Name)
			}
		}
	}
	if token := two.token(); !one.service.Valid(token) || one.service.refreshes() != 1 || one.token() != token {
		t.Errorf("%d refresh requests", one.service.refreshes())
	}
}

// codexWorld has a CODEX_HOME with Codex's own file, and checks that nothing
// changes it.
func codexWorld(t *testing.T) (w *world, same func(after string)) {
	w = fakeWorld(t, revoking)
	path := w.state("auth.json") // where the helpers look for what is stored as well
	const codex = "{\n  \"OPENAI_API_KEY\": \"sk-proj-of-codex-0123456789\",\n  \"tokens\": {\"refresh_token\": \"codex-0123456789\"},\n  \"last_refresh\": \"2026-11-01T00:00:00Z\"}\n"
	heard.secret("sk-proj-of-codex-0123456789", "codex-0123456789")
	if err := w.writeFile(codex); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	w = w.with("CODEX_HOME=" + filepath.Dir(path))
	return w, func(after string) {
		t.Helper()
		text, _ := os.ReadFile(path)
		now, err := os.Stat(path)
		if err != nil || !bytes.Equal(text, []byte(codex)) || !os.SameFile(now, before) || !now.ModTime().Equal(before.ModTime()) {
			t.Errorf("after %s Codex's file is another one: %v", after, err)
		}
	}
}

// 16: Codex rotates its tokens between our read and our rename; ours brings the
// spent ones back.
func TestCodexsFileIsNeverWritten(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"auto", "file"} {
		w, same := codexWorld(t)
		w = w.storing(mode)
		w.signsIn(ada)
		same("login")
		if code, _, said := w.runWith("sk-proj-0123456789abcdef", "login", "--provider", "openai", "--with-api-key"); code != 0 {
			t.Errorf("exit %d: %s", code, said)
		}
		_, err := os.Stat(w.state("auth.mogplex.json"))
		if mode == "file" && err != nil {
			t.Errorf("our own file is missing: %v", err)
		}
		for _, command := range []string{"auth refresh", "auth migrate --to file", "auth migrate", "auth migrate --force", "logout --provider openai",
			"logout", "logout --all"} {
			w.run(strings.Fields(command)...)
			same(command)
		}
		if w.service.living() != 0 {
			t.Error("the sign-out did not end the session")
		}
	}
}

// 29: `openai` and Codex's own key: `migrate` says "moved" for what it copied;
// `logout` says "deleted and still there".
func TestCodexsOwnKeyIsCopiedAndStays(t *testing.T) {
	t.Parallel()
	w, same := codexWorld(t)
	if r := w.moved(0); len(r.Moved) != 0 || !slices.Equal(r.Copied, []string{"openai"}) {
		t.Errorf("%+v", r)
	}
	same("migrate")
	for round, removed := range []int{1, 0} { // from the keychain, and then nothing
		var report logoutReport
		if err := json.Unmarshal([]byte(w.must("logout", "--provider", "openai", "--json")), &report); err != nil {
			t.Fatal(err)
		}
		if len(report.Removed) != removed || len(report.Failures) != 0 || len(report.StillInForce) != 1 || report.StillInForce[0].Store != "file" {
			t.Errorf("sign-out %d: %+v", round+1, report)
		}
	}
	code, _, said := w.run("logout", "--provider", "openai")
	if code != 0 || strings.Contains(said, "Removed") || !strings.Contains(said, "belongs to another program") {
		t.Errorf("exit %d: %s", code, said)
	}
	same("logout")
	if w.must("auth", "token", "--provider", "openai") != "sk-proj-of-codex-0123456789\n" {
		t.Error("Codex's key is not used any more")
	}
}
