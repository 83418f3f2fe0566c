package keyring_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMacOSCodeAgainstAStandIn builds this package's tests from its and
// go-keyring's macOS code, with the path of `security` changed to a stand-in's,
// and runs macos_standin.go of testdata in it.
func TestMacOSCodeAgainstAStandIn(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command here")
	}
	dir := t.TempDir()
	security := filepath.Join(dir, "security")
	run(t, "build", "-o", security, "./testdata/security")
	binary := filepath.Join(dir, "keyring.test")
	run(t, "test", "-c", "-modfile="+standInModule(t, dir, security), "-overlay="+standInOverlay(t, dir, security), "-o", binary, ".")
	items := filepath.Join(dir, "items")
	if err := os.Mkdir(items, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		env, run string
		passes   int
	}{
		{"", "OfThePlatform$", 8},
		{"SECURITY_IN_PROCESS=1", "IsLockedOfThePlatform$|ShowsNoDialogOfThePlatform$", 2}, // a program without RunChild
	} {
		cmd := exec.Command(binary, "-test.v", "-test.run="+test.run)
		cmd.Env = append(os.Environ(), "MOGPLEX_TEST_KEYCHAIN=1", "SECURITY_ITEMS="+items, "SECURITY_JOURNAL="+filepath.Join(dir, "journal"), test.env)
		out, err := cmd.CombinedOutput()
		if passed := strings.Count(string(out), "\n--- PASS: Test"); err != nil || passed != test.passes {
			t.Errorf("%s: %d passed, %v\n%s", test.env, passed, err, out)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(items, "*")); len(left) != 0 {
		t.Errorf("%d items were left behind, such as %q", len(left), left[0])
	}
}

func run(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", args, err, out)
	}
	return out
}

// standInModule writes a go.mod by which go-keyring is a copy whose code for
// macOS is that of this platform, and returns its path.
func standInModule(t *testing.T, dir, security string) string {
	t.Helper()
	const name = "github.com/zalando/go-keyring"
	from := strings.TrimSpace(string(run(t, "list", "-m", "-f", "{{.Dir}}", name)))
	to := filepath.Join(dir, "go-keyring")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(from, "keyring_darwin.go"), filepath.Join(to, "standin.go"), `"/usr/bin/security"`, fmt.Sprintf("%q", security))
	for _, other := range []string{"keyring_unix.go", "keyring_darwin.go"} {
		if err := os.Remove(filepath.Join(to, other)); err != nil {
			t.Fatal(err)
		}
	}
	mod := filepath.Join(dir, "go.mod")
	edit(t, filepath.Join("..", "go.mod"), mod, "\nrequire", fmt.Sprintf("\nreplace %s => %s\n\nrequire", name, to))
	edit(t, filepath.Join("..", "go.sum"), filepath.Join(dir, "go.sum"), name, name)
	return mod
}

// standInOverlay does the same for this package: files of Linux are away, those
// of macOS in their place.
func standInOverlay(t *testing.T, dir, security string) string {
	t.Helper()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	away, err := filepath.Glob(filepath.Join(here, "*_linux*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range away {
		replace[path] = ""
	}
	for name, words := range map[string][2]string{
		"keychain_darwin.go":        {`"/usr/bin/security"`, fmt.Sprintf("%q", security)},
		"child_darwin.go":           {},
		"child_darwin_test.go":      {},
		"testdata/lockstate.go":     {"//go:build ignore", ""},
		"platform_test.go":          {"//go:build windows || darwin", ""},
		"testdata/macos_standin.go": {"//go:build ignore", ""},
	} {
		changed := filepath.Join(dir, filepath.Base(name))
		edit(t, name, changed, words[0], words[1])
		instead := strings.TrimSuffix(filepath.Base(name), ".go")
		instead = strings.ReplaceAll(instead, "_darwin", "") + "_here.go"
		if strings.Contains(name, "test") {
			instead = strings.TrimSuffix(instead, ".go") + "_test.go"
		}
		replace[filepath.Join(here, instead)] = changed
	}
	for _, name := range []string{"platform_test.go", "child_other.go"} {
		replace[filepath.Join(here, name)] = ""
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// edit copies a text file with its first occurrence of old replaced.
func edit(t *testing.T, from, to, old, with string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil && !strings.Contains(string(text), old) {
		err = fmt.Errorf("%s has no %s", from, old)
	}
	if err == nil {
		err = os.WriteFile(to, []byte(strings.Replace(string(text), old, with, 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
