package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// Files that a file manager leaves among the profiles don't stop the removal, and a
// state directory may have any name.
func TestEverythingIsRemovedBesideOtherFiles(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	dir := filepath.Join(w.home, "a [b] c")
	w = w.with("MOGPLEX_HOME=" + dir)
	profiles, kept := filepath.Join(dir, "profiles"), filepath.Join(dir, "services", "x", "models.remote.json")
	if _, _, err := w.service.seedFile(filepath.Join(profiles, "work", "auth.json"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(profiles, ".DS_Store"), filepath.Join(dir, "services", ".DS_Store"), kept} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, _, stderr := w.run("logout", "--all")
	if code != 0 || !strings.Contains(stderr, "of profile work") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, err := os.Stat(kept); err == nil {
		t.Error("the lists of another service are left")
	}
	if _, err := os.Stat(filepath.Join(profiles, "work", "auth.json")); err == nil {
		t.Error("a profile's credential is left")
	}
}

// An unparsable file may hold the credential that the sign-out should remove.
func TestSigningOutFailsBesideAFileThatCantBeParsed(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	if err := w.writeFile(`{"credentials":{"mogplex":{"type":"pat","token":"x`); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := w.run("logout")
	for _, want := range []string{"from the keychain", "not complete", "auth.json is corrupt", "move it away", "`mogplex logout` again"} {
		if code != exitFailure || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, without %q: %s", code, want, stderr)
		}
	}
}

// A record of a later version is used and not replaced. Each command says so, and
// its hint helps.
func TestARecordOfALaterVersionIsReported(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{}).storing("file")
	if err := w.writeFile(`{"version":1,"credentials":{"openai":{"version":2,"type":"api_key","key":"sk-1"}}}`); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := w.runWith("sk-2", "login", "--provider", "openai", "--with-api-key")
	if code != exitFailure || !strings.Contains(stderr, "a later version") || !strings.Contains(stderr, "`mogplex logout --provider openai`") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	auto := w.storing("auto")
	if code, _, stderr := auto.runWith("sk-2", "login", "--provider", "openai", "--with-api-key"); code != 0 || !strings.Contains(stderr, "a later version") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, _, stderr := auto.run("auth", "status", "--provider", "openai"); !strings.Contains(stderr, "`mogplex logout --provider openai` removes both") || strings.Contains(stderr, "migrate") {
		t.Errorf("status says: %s", stderr)
	}
	auto.must("logout", "--provider", "openai")
	if code, token, _ := auto.run("auth", "token", "--provider", "openai"); code != exitNotSignedIn {
		t.Errorf("exit %d: %s is left", code, token)
	}
}

// A state directory with an unreadable id is not reported as signed out.
func TestADamagedIDIsReported(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	if err := os.WriteFile(w.state("id"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"auth token", "auth status", "auth refresh", "auth migrate --to file", "logout", "login --no-browser", "auth token --provider openai"} {
		code, stdout, stderr := w.run(strings.Fields(args)...)
		if code != exitFailure || !strings.Contains(stderr, filepath.Join(".mogplex", "id")+": it is damaged") || strings.Contains(stdout+stderr, "not signed in") ||
			strings.Contains(stderr, "Nothing") || strings.Contains(stderr, "Open this address") || !strings.Contains(stderr, "that file") {
			t.Errorf("%s: exit %d: %s%s", args, code, stdout, stderr)
		}
	}
	w.must("logout", "--all")
	if items, _ := filepath.Glob(filepath.Join(w.fake().Dir, "*.item")); len(items) != 0 {
		t.Errorf("left are %q", items)
	}
}
