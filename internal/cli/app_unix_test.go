//go:build !windows

package cli

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// screen is mogplex on a terminal. When it ends, everything it ever showed is
// searched for secrets.
type screen struct {
	testing.TB
	*terminal.Terminal
	cmd *exec.Cmd
}

var wide = terminal.Size{Columns: 100, Rows: 30}

func (w *world) screen(size terminal.Size, args ...string) *screen {
	w.Helper()
	return w.screenOf(size, w.command(args...))
}

func (w *world) screenOf(size terminal.Size, cmd *exec.Cmd, env ...string) *screen {
	w.Helper()
	cmd.Env = append(append([]string{"TERM=xterm-256color"}, w.env...), "DISPLAY=", "WAYLAND_DISPLAY=")
	cmd.Env = append(cmd.Env, env...)
	return w.startOn(size, cmd)
}

// startOn starts a command on a terminal of its own.
func (w *world) startOn(size terminal.Size, cmd *exec.Cmd) *screen {
	w.Helper()
	t, err := terminal.Start(cmd, size)
	if err != nil {
		deep.Missing(w, "there are no pseudo terminals here: "+err.Error())
	}
	w.Cleanup(func() { _ = t.Close() })
	return &screen{TB: w.TB, Terminal: t, cmd: cmd}
}

// shows waits until a text is on the screen.
func (s *screen) shows(text string) {
	s.Helper()
	s.until(text, func(now terminal.Screen) bool { return now.Contains(text) })
	if heard.holds(lineBreaks.Replace(s.Screen().String())) {
		s.Error("a secret is on the screen")
	}
}

func (s *screen) until(what string, good func(terminal.Screen) bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), longest)
	defer cancel()
	if err := s.WaitUntil(ctx, good); err != nil {
		s.Fatalf("waited for %s: %v", what, err)
	}
}

// enters types a text and presses Enter.
func (s *screen) enters(text string) {
	s.Helper()
	if err := s.Type(text); err != nil {
		s.Fatal(err)
	}
	s.presses("enter")
}

// entersBehindAnAnswer enters a text until its result is shown. Until the last
// answer has ended, the app refuses the text with a message and keeps it in the
// composer.
func (s *screen) entersBehindAnAnswer(text, shows string) {
	s.Helper()
	refused := func(now terminal.Screen) int { return strings.Count(now.String(), "this has to wait.") }
	said := refused(s.Screen())
	for s.enters(text); ; s.presses("enter") {
		s.until(shows, func(now terminal.Screen) bool { return now.Contains(shows) || refused(now) > said })
		now := s.Screen()
		if now.Contains(shows) {
			return
		}
		said = refused(now)
	}
}

func (s *screen) presses(keys ...string) {
	s.Helper()
	for _, key := range keys {
		if err := s.Press(key); err != nil {
			s.Fatal(err)
		}
	}
}

// exit waits for the command's exit code.
func (s *screen) exit(want int) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), longest)
	defer cancel()
	if got, err := s.Wait(ctx); got != want || err != nil {
		s.Fatalf("exit %d in place of %d, %v: %s", got, want, err, s.Terminal.Output())
	}
}

// ends waits for the exit code and checks that the terminal is restored.
func (s *screen) ends(want int) {
	s.Helper()
	s.exit(want)
	if now := s.Screen(); now.Alternate || now.Cursor.Hidden {
		s.Errorf("the terminal was not restored: %+v", now.Cursor)
	}
	s.wasSilent()
}

// wasSilent fails if the output ever contained a secret.
func (s *screen) wasSilent() {
	s.Helper()
	if out := string(s.Terminal.Output()); heard.holds(out) || heard.holds(lineBreaks.Replace(out)) {
		s.Error("a secret was on the screen")
	}
}

// leaves quits the cockpit.
func (s *screen) leaves() {
	s.Helper()
	s.enters("/quit")
	s.ends(exitOK)
}

// signsIn walks the address off the screen, in a browser of its own.
func (s *screen) signsIn(who string) {
	s.Helper()
	callback := s.callback(who)
	resp, err := http.Get(callback)
	if err != nil {
		s.Fatal(err)
	}
	resp.Body.Close()
}

// callback signs in at the address on the screen and returns the callback address,
// without visiting it.
func (s *screen) callback(who string) string {
	s.Helper()
	s.shows("Waiting for you")
	var address string
	s.until("the address", func(now terminal.Screen) bool {
		for _, link := range now.Links() {
			if strings.Contains(link, "/authorize?") {
				address = link
			}
		}
		return address != ""
	})
	callback, err := walk(address, who)
	if err != nil {
		s.Fatal(err)
	}
	return callback
}

// logsAreClean reads the session logs, of which there must be one, and fails if one
// contains a secret.
func (w *world) logsAreClean() string {
	w.Helper()
	var all strings.Builder
	logs, _ := filepath.Glob(w.state("logs/*.jsonl"))
	if len(logs) == 0 {
		w.Error("there is no session log")
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err := errors.Join(err, statErr); err != nil {
			w.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			w.Errorf("the session log has mode %04o", info.Mode().Perm())
		}
		if heard.holds(string(text)) {
			w.Errorf("the session log holds a secret: %s", text)
		}
		all.Write(text)
	}
	return all.String()
}

// stores stores a personal access token.
func (w *world) stores(token string) {
	w.Helper()
	cmd := w.command("login", "--with-token")
	cmd.Stdin = strings.NewReader(token)
	if out, err := cmd.CombinedOutput(); err != nil {
		w.Fatalf("%v: %s", err, out)
	}
}
