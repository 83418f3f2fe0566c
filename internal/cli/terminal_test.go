//go:build !windows

package cli

import (
	"fmt"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// seat is a command on a terminal that writes lines and draws no screen.
type seat struct {
	*screen
	args  []string
	typed []string
}

func (w *world) terminal(args ...string) *seat {
	w.Helper()
	return w.seat(w.command(args...), args)
}

func (w *world) seat(cmd *exec.Cmd, args []string) *seat {
	w.Helper()
	return &seat{screen: w.startOn(terminal.Size{Columns: 80, Rows: 24}, cmd), args: args}
}

func (s *seat) types(text string) {
	s.Helper()
	s.typed = append(s.typed, strings.TrimSpace(text))
	if err := s.Type(text); err != nil {
		s.Fatal(err)
	}
}

func (s *seat) shown() string { return string(s.Terminal.Output()) }

// shows waits until a text was written, and returns all that was.
func (s *seat) shows(text string) string {
	s.Helper()
	s.until(text, func(terminal.Screen) bool { return strings.Contains(s.shown(), text) })
	return s.shown()
}

// ends waits for the command's exit code, and looks for secrets in what was shown.
func (s *seat) ends(want int) {
	s.Helper()
	s.exit(want)
	shown := s.shown()
	for _, text := range s.typed { // the terminal's echo, if it is on
		shown = strings.ReplaceAll(shown, text, "")
	}
	heard.output(s.args, "", shown)
}

const interrupt = "\x03" // Ctrl-C

func TestTokenIsTypedUnseen(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token := w.service.issuePAT()
	at := w.terminal("login", "--with-token")
	at.shows("(it is not shown)")
	at.types(token + "\n")
	at.shows("It is stored in the keychain")
	at.ends(exitOK)
	if strings.Contains(at.shown(), token) {
		t.Error("the token was echoed")
	}
	if w.token() != token {
		t.Error("another token was stored")
	}
}

// Ctrl-C at the hidden prompt ends the command and restores the echo.
func TestTypingATokenIsInterrupted(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	cmd := w.command("login", "--with-token")
	cmd.Args = append([]string{"sh", "-c", `read begin; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	at := w.seat(cmd, cmd.Args)
	before := at.state() // the command waits for a line until then
	at.types("\n")
	at.shows("(it is not shown)")
	if reflect.DeepEqual(at.state(), before) {
		t.Fatal("the echo was not turned off")
	}
	for end := time.Now().Add(longest); !strings.Contains(at.shown(), "Interrupted."); {
		at.types(interrupt)
		time.Sleep(20 * time.Millisecond)
		if time.Now().After(end) {
			break
		}
	}
	at.shows("Interrupted.")
	at.ends(exitInterrupted)
	if !reflect.DeepEqual(at.state(), before) {
		t.Error("the terminal was left without echo")
	}
}

func (s *seat) state() *term.State {
	s.Helper()
	state, err := s.State()
	if err != nil {
		s.Fatal(err)
	}
	return state
}

func TestPasteOnATerminal(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	at := w.terminal("login")
	text := at.shows("Press Ctrl-C")
	callback, err := walk(accountserver.AuthorizeURL(text), ada)
	if err != nil {
		t.Fatal(err)
	}
	at.types("nonsense\n")
	at.shows("Not the callback address")
	at.types(callback + "\n")
	at.shows("Signed in as Ada Lovelace")
	at.ends(exitOK)
	if !w.service.Valid(w.token()) {
		t.Error("what was stored does not work")
	}
}

// Ctrl-C ends a sign-in, and the session before it stays.
func TestSignInIsInterrupted(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
	token, _ := w.seed(time.Hour, "keychain")
	for _, args := range []string{"login", "login --no-browser"} {
		at := w.terminal(strings.Fields(args)...)
		at.shows("Press Ctrl-C")
		at.types(interrupt)
		at.shows("Interrupted.")
		at.ends(exitInterrupted)
		if w.token() != token || !w.service.Valid(token) {
			t.Errorf("%s: the session before is gone", args)
		}
	}
}

// The answer to the unlock prompt decides the command; no answer ends at the time
// limit.
func TestLockedKeychainOnATerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer keyringtest.Answer
		limit  time.Duration
		exit   int
		shows  string
	}{
		{keyringtest.IgnorePrompt, time.Second, exitTryAgain, "waited 1s"},
		{keyringtest.DismissPrompt, longest, exitUnavailable, "keychain"},
		{keyringtest.AnswerPrompt, longest, exitOK, "it opens"},
	} {
		t.Run(fmt.Sprint("answer ", c.answer), func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, accountserver.Config{})
			token, _ := w.seed(time.Hour, "keychain")
			w.env = append(w.env, "MOGPLEX_KEYCHAIN_TIMEOUT="+c.limit.String(), "DISPLAY=:9") // the prompter of the test needs none
			if err := w.session.Lock(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := w.session.Prompt(c.answer); err != nil {
				t.Fatal(err)
			}
			at := w.terminal("auth", "token")
			at.shows("Unlock it in the window")
			at.shows(c.shows)
			at.exit(c.exit)
			if c.exit == exitOK {
				at.shows(token)
			}
		})
	}
}

// If the service can't revoke the session, the person decides how often to retry. By
// then the token is only in memory.
func TestRevocationIsRetried(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, typed, shows string
		valid              bool
	}{
		{"Enter", "\n", "The session was ended at the service.", false},
		{"Ctrl-C", interrupt, "The refresh token still works at http://127.0.0.1:", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
			_, refresh := w.seed(time.Hour, "keychain")
			w.service.Fail(accountserver.Fault{Path: accountserver.RevokePath, Drop: true})
			at := w.terminal("logout")
			at.shows("Press Enter to try again, or Ctrl-C to stop.")
			if !strings.Contains(at.shown(), "Removed the mogplex credential for "+w.service.url+" from the keychain") {
				t.Error("it is not said what was removed")
			}
			if code, _, stderr := w.run("auth", "token"); code != exitNotSignedIn {
				t.Errorf("exit %d: %s", code, stderr)
			}
			w.service.ClearFaults()
			at.types(c.typed)
			at.shows(c.shows)
			at.ends(exitOK)
			if w.service.RefreshValid(refresh) != c.valid {
				t.Errorf("the session lives on: %v", !c.valid)
			}
		})
	}
}
