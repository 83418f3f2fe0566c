//go:build !windows

package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// shortRun is a run of a second.
func shortRun() accountserver.Run {
	return accountserver.Run{
		ID: "run_short", Harness: "mogplex", RepoID: "repo_engine", Base: "main", Working: "mogplex/short",
		Events: []accountserver.Event{
			{Type: "status", Message: "Checking out main"},
			{After: time.Second, Type: "status", Message: "Done at last"},
		},
	}
}

// A run is shown until it ends or the person leaves it for the cockpit.
func TestAppAttaches(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.service.AddRun(shortRun())
	w.seed(time.Hour, "keychain")
	at := w.screen(wide, "--attach", "run_short")
	at.shows("Checking out main")
	at.shows("mogplex/short")
	at.shows("Done at last")
	at.presses("q")
	at.shows("/help")
	at.leaves()
}

// --logout signs out first and shows the run after the new sign-in.
func TestAppAttachesAfterASignOut(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.service.AddRun(shortRun())
	w.seed(time.Hour, "keychain")
	w.env = append(w.env, "MOGPLEX_ATTACH_RUN_ID=run_short")
	at := w.screen(wide, "--logout")
	at.shows("Sign in with Mogplex")
	at.presses("enter")
	at.signsIn(ada)
	at.shows("Done at last")
	at.presses("q")
	at.leaves()
}

// The reason why a run is not shown is reported, and decides the exit code.
func TestAppReportsWhyARunIsNotShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault accountserver.Fault
		run   string
		shows string
		exit  int
	}{
		{"not found", accountserver.Fault{}, "run_none", "for this account", exitFailure},
		{"forbidden", accountserver.Fault{Status: 403}, "run_demo", "does not allow", exitForbidden},
		{"refused", accountserver.Fault{Status: 401}, "run_demo", "does not accept", exitNotSignedIn},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{})
			w.seed(time.Hour, "keychain")
			if c.fault.Status != 0 {
				c.fault.Path = accountserver.APIPath + "/runs"
				w.service.Fail(c.fault)
			}
			at := w.screen(wide, "--attach", c.run)
			at.shows(c.shows)
			at.presses("q")
			at.shows("/help")
			at.enters("/quit")
			at.ends(c.exit)
		})
	}
	t.Run("signed out", func(t *testing.T) {
		w := fakeWorld(t, accountserver.Config{})
		at := w.screen(wide, "--attach", "run_demo")
		at.shows("Sign in with Mogplex")
		at.presses("esc")
		at.enters("/quit")
		at.ends(exitNotSignedIn)
	})
	t.Run("not found, line by line", func(t *testing.T) {
		w := fakeWorld(t, accountserver.Config{})
		w.seed(time.Hour, "keychain")
		at := w.screen(wide, "--plain", "--attach", "run_none")
		at.shows("/help")
		at.presses("ctrl+c") // the exit code stays that of the run
		at.shows("again")
		at.enters("/quit")
		at.ends(exitFailure)
	})
}

// Both front ends show the message with which the service refuses or delays a run.
func TestAppShowsTheServicesMessageAboutARun(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "--plain"} {
		for status, words := range map[int]string{403: "Ask your admin for Runs.", 503: "Back at noon."} {
			t.Run(fmt.Sprint(args, status), func(t *testing.T) {
				t.Parallel()
				w := fakeWorld(t, accountserver.Config{})
				w.service.AddRun(shortRun())
				w.seed(time.Hour, "keychain")
				w.service.Fail(accountserver.Fault{
					Path: accountserver.APIPath + "/runs", Times: 1, Status: status,
					Body: fmt.Sprintf(`{"ok":false,"error":{"code":"NO","message":%q}}`, words),
				})
				at := w.screen(wide, append(strings.Fields(args), "--attach", "run_short")...)
				at.shows(words)
			})
		}
	}
}
