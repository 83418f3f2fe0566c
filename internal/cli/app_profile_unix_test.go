//go:build !windows

package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// /profile uses another profile in this app alone: its credential, its hints and its log.
// What commands use stays, and so does the log of the profile before.
func TestAppUsesAnotherProfile(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	for _, args := range [][]string{{"login", "--no-browser"}, {"login", "--no-browser", "--profile", "work"}} {
		if said, err := w.login(w.command(args...)); err != nil {
			t.Fatal(err, said)
		}
	}
	at := w.screen(wide)
	at.shows("Ada Lovelace")
	if at.Screen().Contains("profile") {
		t.Error("the header names the default profile, which nothing chose")
	}
	at.enters("/profile")
	at.shows("* default: mogplex, Ada Lovelace <ada@example.test>, in the keychain")
	at.shows("  work: mogplex, Ada Lovelace")
	at.enters("/profile work")
	at.shows("in profile work.")
	at.shows("· profile work")
	at.enters("hello there")
	at.shows("no model has read it.")
	at.entersBehindAnAnswer("/status", "work, by /profile")
	at.enters("/profile ../x")
	at.shows("A profile name must have 1 to 32")
	at.enters("/profile empty")
	at.shows("You are not signed in in profile empty.")
	at.until("the header", func(now terminal.Screen) bool {
		return now.Contains("· profile empty") && now.Contains("Not signed in")
	})
	at.enters("/profile default")
	at.shows("Active now: Ada Lovelace <ada@example.test>")
	if out := w.must("auth", "status"); !strings.Contains(out, "profile   default\n") {
		t.Error(out)
	}
	w.must("logout", "--profile", "work")
	at.enters("/profile work")
	at.shows("You are not signed in in profile work.")
	at.leaves()
	for _, home := range []string{"", "profiles/work", "profiles/empty"} {
		if logs, _ := filepath.Glob(w.state(filepath.Join(home, "logs", "*.jsonl"))); len(logs) != 1 {
			t.Errorf("%q has the logs %q", home, logs)
		}
	}
	w.logsAreClean()
}
