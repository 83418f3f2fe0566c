package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// macOSProgram is the path of mogplex with the keychain of macOS and a stand-in
// for its `security`, built once.
var macOSProgram = sync.OnceValues(func() (path string, err error) {
	dir := filepath.Join(buildDir(), "macos")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	flags, err := keyringtest.MacOS(dir)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "mogplex")
	build := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), "../..")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build mogplex for macOS: %w\n%s", err, out)
	}
	return path, nil
})

// mac is a world whose keychain is macOS'.
type mac struct {
	*world
	items, journal string
}

func macWorld(t *testing.T, cfg accountserver.Config) mac {
	t.Helper()
	deep.Only(t)
	path, err := macOSProgram()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := mac{newWorld(t, path, cfg), filepath.Join(dir, "items"), filepath.Join(dir, "journal")}
	if err := os.Mkdir(m.items, 0o700); err != nil {
		t.Fatal(err)
	}
	m.env = append(m.env, "SECURITY_ITEMS="+m.items, "SECURITY_JOURNAL="+m.journal)
	return m
}

// tell puts the stand-in into a state, until it is taken back.
func (m mac) tell(state string) (takeBack func()) {
	m.Helper()
	path := filepath.Join(m.items, state)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		m.Fatal(err)
	}
	return func() { _ = os.Remove(path) }
}

// changes are the stand-in's dialogs and writes, a line each.
func (m mac) changes() string {
	m.Helper()
	text, err := os.ReadFile(m.journal)
	if err != nil && !os.IsNotExist(err) {
		m.Fatal(err)
	}
	return string(text)
}

// running are the processes that have this world's stand-in.
func (m mac) running() (pids []string) {
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		if env, _ := os.ReadFile(path); strings.Contains(string(env), "SECURITY_ITEMS="+m.items) {
			pids = append(pids, strings.Split(path, "/")[2])
		}
	}
	return pids
}

// TestNothingIsWrittenToAMacsKeychainAfterACommandGaveUp is case 17: nobody answers
// a dialog in time. A late answer changes nothing, because no process is left to act
// on it.
func TestNothingIsWrittenToAMacsKeychainAfterACommandGaveUp(t *testing.T) {
	t.Parallel()
	m := macWorld(t, accountserver.Config{})
	token, _ := m.seed(time.Hour, "keychain")
	before := m.changes()
	answer := m.tell("asks")
	timeout := m.env
	m.env = append(m.env[:len(m.env):len(m.env)], impatient)
	for _, args := range []string{"logout", "logout --all", "auth refresh", "auth migrate --to file", "login --provider openai --with-api-key"} {
		cmd := m.command(strings.Fields(args)...)
		cmd.Stdin = strings.NewReader("sk-0123456789abcdef\n")
		said, err := cmd.CombinedOutput()
		if exitCode(err) != exitTryAgain || strings.Contains(string(said), "Removed") || strings.Contains(string(said), "Moved") {
			t.Errorf("%s: %v: %s", args, err, said)
		}
	}
	eventually(t, "no process is left", func() bool { return len(m.running()) == 0 })
	answer()
	m.env = timeout
	if got := strings.ReplaceAll(strings.TrimPrefix(m.changes(), before), "asks\n", ""); got != "" {
		t.Errorf("written after it was given up: %q", got)
	}
	if m.token() != token {
		t.Error("another token is stored")
	}
	if code, _, said := m.run("auth", "token", "--provider", "openai"); code != exitNotSignedIn {
		t.Errorf("the key was stored: exit %d: %s", code, said)
	}
}

// TestAMacWithNobodyThereShowsNoDialog is case 17 as well: the keychain is locked,
// and nobody is there.
func TestAMacWithNobodyThereShowsNoDialog(t *testing.T) {
	t.Parallel()
	m := macWorld(t, accountserver.Config{})
	token, _ := m.seed(time.Hour, "keychain")
	before := m.changes()
	unlock := m.tell("locked")
	for _, args := range []string{"auth token", "auth status", "auth refresh", "logout", "auth migrate --to file", "login --no-browser"} {
		if code, _, said := m.run(strings.Fields(args)...); code != exitTryAgain {
			t.Errorf("%s: exit %d: %s", args, code, said)
		}
	}
	if got := strings.TrimPrefix(m.changes(), before); got != "" {
		t.Errorf("with nobody there the keychain saw %q", got)
	}
	unlock()
	if m.token() != token {
		t.Error("another token is stored")
	}
}

// TestAMacsItemKeepsItsPermissionThroughEveryRenewal is case 18: a renewal updates
// the item, or the parts of a long value, in place, so that "Always Allow" holds,
// and adds no item.
func TestAMacsItemKeepsItsPermissionThroughEveryRenewal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ padding, renewals int }{
		"in one item": {0, deep.Choose(1000, 4)}, "in parts": {6000, deep.Choose(100, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := macWorld(t, accountserver.Config{StrictRotation: true})
			m.pad(test.padding)
			m.must("auth", "migrate")
			m.must("auth", "refresh")
			m.must("auth", "refresh") // both slots of a part are there now
			before := m.changes()
			items := m.count()
			if (items > 1) != (test.padding > 0) {
				t.Errorf("the record is in %d items", items)
			}
			for range test.renewals {
				m.must("auth", "refresh")
			}
			if n := m.count(); n != items {
				t.Errorf("after %d renewals there are %d items; before there were %d", test.renewals, n, items)
			}
			for line := range strings.Lines(strings.TrimPrefix(m.changes(), before)) {
				if !strings.HasPrefix(line, "update ") {
					t.Fatalf("an item lost its permission: %s", line)
				}
			}
			if n := m.service.refreshes(); n != test.renewals+2 {
				t.Errorf("%d refresh requests", n)
			}
			m.must("logout", "--all")
			if n := m.count(); n != 0 {
				t.Errorf("%d items are left", n)
			}
		})
	}
}

// count counts the items.
func (m mac) count() int {
	m.Helper()
	items, err := os.ReadDir(m.items)
	if err != nil {
		m.Fatal(err)
	}
	return len(items)
}

// pad seeds auth.json with a record that has so much more in it, as one of a later
// version might.
func (m mac) pad(size int) {
	m.Helper()
	m.seed(time.Hour, "file")
	text, err := os.ReadFile(m.state("auth.json"))
	var file struct {
		Version     int                       `json:"version"`
		Credentials map[string]map[string]any `json:"credentials"`
	}
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		m.Fatal(err)
	}
	for _, entry := range file.Credentials {
		entry["padding"] = strings.Repeat("x", size)
	}
	if text, err = json.Marshal(file); err == nil {
		err = os.WriteFile(m.state("auth.json"), text, 0o600)
	}
	if err != nil {
		m.Fatal(err)
	}
}
