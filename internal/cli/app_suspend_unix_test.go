//go:build !windows

package cli

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// Ctrl+Z restores the terminal for the shell; fg continues, in a window whose size
// has changed.
func TestAppIsSuspended(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	at := w.screenOf(wide, exec.Command("sh", "-i"), "PS1=ready> ", "ENV=", "MOGPLEX="+w.mogplex)
	at.shows("ready>")
	before, err := at.State()
	if err != nil {
		t.Fatal(err)
	}
	at.enters(`"$MOGPLEX"`)
	at.shows("Ada Lovelace")
	if err := at.Type("half a prompt"); err != nil {
		t.Fatal(err)
	}
	at.shows("half a prompt")
	at.presses("ctrl+z")
	at.until("the shell", func(now terminal.Screen) bool { return !now.Alternate && now.Contains("Stopped") && !now.Cursor.Hidden })
	at.enters("echo $((40+2)) are here")
	at.shows("42 are here")
	if now, err := at.State(); err != nil || *now != *before {
		t.Errorf("the terminal is not as it was: %v", err)
	}
	if err := at.Resize(terminal.Size{Columns: 60, Rows: 16}); err != nil {
		t.Fatal(err)
	}
	at.enters("fg")
	at.until("the app", func(now terminal.Screen) bool {
		return now.Alternate && now.Contains("Ada Lovelace") && now.Contains("half a prompt") && now.Size.Columns == 60
	})
	at.presses("enter")
	at.shows("You wrote: half a prompt")
	at.enters("/quit")
	at.until("the shell", func(now terminal.Screen) bool { return !now.Alternate })
	eventually(t, "the terminal as it was", func() bool { now, err := at.State(); return err == nil && *now == *before })
	at.enters("exit $?")
	at.ends(exitOK)
}

// In a window opened for mogplex, Ctrl+Z has no shell to return to.
func TestAppIsNotSuspendedWithoutAShell(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	at := w.screen(wide)
	at.shows("Ada Lovelace")
	at.presses("ctrl+z")
	at.shows("There is no shell")
	at.enters("hello")
	at.shows("You wrote: hello")
	at.leaves()
}

// Ctrl+Z at the hidden prompt restores the terminal for the shell and drops what was
// typed; fg asks again, without echo.
func TestHiddenPromptIsSuspended(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token := w.service.issuePAT()
	at := w.screenOf(wide, exec.Command("sh", "-i"), "PS1=ready> ", "ENV=", "MOGPLEX="+w.mogplex)
	at.shows("ready>")
	before, err := at.State()
	if err != nil {
		t.Fatal(err)
	}
	at.enters(`"$MOGPLEX" login --with-token`)
	at.shows("(it is not shown)")
	if err := at.Type("half a token"); err != nil {
		t.Fatal(err)
	}
	at.presses("ctrl+z")
	at.shows("Stopped")
	at.enters("echo $((40+2)) are here")
	at.shows("42 are here")
	if now, err := at.State(); err != nil || *now != *before {
		t.Errorf("the terminal is not as it was: %v", err)
	}
	at.enters("fg")
	at.until("the prompt again", func(terminal.Screen) bool {
		return strings.Count(string(at.Terminal.Output()), "(it is not shown)") == 2
	})
	at.enters(token)
	at.shows("It is stored in the keychain")
	eventually(t, "the terminal as it was", func() bool { now, err := at.State(); return err == nil && *now == *before })
	if w.token() != token {
		t.Error("another token was stored")
	}
	at.enters("exit $?")
	at.ends(exitOK)
}
