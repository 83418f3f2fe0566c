//go:build !windows

package cli

import (
	"context"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// Every way to leave the app restores the terminal.
func TestAppGivesTheTerminalBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		leave func(*screen)
		exit  int
	}{
		{"Ctrl-C twice", func(s *screen) {
			s.presses("ctrl+c")
			s.shows("again leaves")
			s.until("the end of the hint", func(now terminal.Screen) bool { return !now.Contains("again leaves") })
			s.presses("ctrl+c", "ctrl+c") // in time even on a slow machine
		}, exitOK},
		{"/exit", func(s *screen) { s.enters("/exit") }, exitOK},
		{"SIGTERM", func(s *screen) { s.signal(syscall.SIGTERM) }, exitInterrupted},
		{"SIGINT", func(s *screen) { s.signal(syscall.SIGINT) }, exitInterrupted},
		{"SIGHUP", func(s *screen) { s.signal(syscall.SIGHUP) }, exitInterrupted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{})
			w.seed(time.Hour, "keychain")
			at := w.screen(wide)
			at.shows("Ada Lovelace")
			c.leave(at)
			at.ends(c.exit)
		})
	}
}

// interruptsTwice leaves plain mode. It retries if the machine was too slow for the
// second Ctrl-C.
func (s *screen) interruptsTwice() {
	s.Helper()
	said := func() int { return strings.Count(string(s.Terminal.Output()), "Ctrl+C again leaves") }
	for before := -1; before < said(); {
		before = said()
		s.presses("ctrl+c")
		ctx, cancel := context.WithTimeout(s.Context(), longest)
		_ = s.WaitUntil(ctx, func(terminal.Screen) bool { return said() > before }) // or the end
		cancel()
	}
}

func (s *screen) signal(sig syscall.Signal) {
	s.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.Fatal(err)
	}
}

// The app fits a window of any size, and one whose size changes.
func TestAppResizes(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	at := w.screen(terminal.Size{Columns: 40, Rows: 12})
	at.shows("ada@example.test")
	for _, size := range [][2]int{{120, 40}, {20, 6}, {10, 3}, {80, 24}} {
		if err := at.Resize(terminal.Size{Columns: size[0], Rows: size[1]}); err != nil {
			t.Fatal(err)
		}
	}
	at.shows("Ada Lovelace <ada@example.test>")
	at.enters("hello")
	at.shows("You wrote: hello")
	at.leaves()
}

// With NO_COLOR the app writes no colour.
func TestAppWithoutColour(t *testing.T) {
	t.Parallel()
	colour := regexp.MustCompile("\x1b\\[[0-9;:]*[34][0-8][0-9;:]*m")
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	run := func() string {
		at := w.screen(wide)
		at.shows("Ada Lovelace")
		at.enters("/nosuch")
		at.shows("Unknown command")
		at.leaves()
		return string(at.Terminal.Output())
	}
	if !colour.MatchString(run()) {
		t.Error("the test does not see colours")
	}
	w.env = append(w.env, "NO_COLOR=1")
	if found := colour.FindString(run()); found != "" {
		t.Errorf("a colour: %q", found)
	}
}

// The app writes lines if the terminal can't be drawn on or the person wants no
// screen.
func TestAppLineByLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		env  string
		args []string
	}{{"flag", "A=", []string{"--plain"}}, {"variable", "MOGPLEX_PLAIN=1", nil}, {"dumb", "TERM=dumb", nil}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{})
			token := w.service.issuePAT()
			cmd := w.command(c.args...)
			at := w.screenOf(wide, cmd, c.env)
			at.shows("personal access token")
			at.enters("2")
			at.shows("not shown")
			at.enters(token)
			at.shows("/help")
			at.enters("hello")
			at.shows("You wrote: hello")
			at.interruptsTwice()
			at.ends(exitOK)
			if out := string(at.Terminal.Output()); strings.Contains(out, "\x1b") {
				t.Errorf("it draws: %q", out)
			}
			w.logsAreClean()
		})
	}
}

// The pasted address contains a code, so it is not shown. What is typed later is.
func TestAppLineByLineHidesThePastedAddress(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	at := w.screen(wide, "--plain")
	at.shows("Number:")
	before, err := at.State()
	if err != nil {
		t.Fatal(err)
	}
	at.enters("1")
	at.shows("It is not shown.")
	code := "MARKcodeMARKcodeMARKcode"
	heard.secret(code)
	at.enters("http://127.0.0.1:24816/auth/callback?state=another&code=" + code)
	at.shows("another sign-in")
	at.presses("ctrl+c")
	at.shows("Ctrl+C again leaves.")
	at.until("the menu", func(now terminal.Screen) bool { return strings.Count(now.String(), "Number:") == 2 })
	if now, err := at.State(); err != nil || *now != *before {
		t.Errorf("the terminal is not as it was: %v", err)
	}
	at.enters("")
	at.shows("Type a prompt, or /help. >")
	at.enters("/quit")
	at.shows("> /quit")
	at.ends(exitOK)
}

// On a pipe, --plain reads lines and ends with the input. Without --plain the app
// draws nothing and asks nobody.
func TestAppOnAPipe(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	if code, out, said := w.run(); code != exitNotSignedIn || out != "" || !strings.Contains(said, "not signed in") {
		t.Errorf("exit %d: %q %q", code, out, said)
	}
	w.seed(time.Hour, "keychain")
	cmd := w.command("--plain")
	cmd.Stdin = strings.NewReader("hello\n/models\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	heard.output([]string{"--plain"}, string(out), "")
	for _, want := range []string{"You wrote: hello", "northwind/atlas-1"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it lacks %q: %s", want, out)
		}
	}
	if runtime.GOOS != "linux" { // other systems have no /dev/full
		return
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	cmd = w.command("--plain")
	cmd.Stdout = full
	if code := exitCode(cmd.Run()); code != exitFailure {
		t.Errorf("exit %d with nothing written", code)
	}
}
