//go:build !windows

package cli

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// terminal is a command that runs where a person sits.
type terminal struct {
	testing.TB
	keyboard, line *os.File // the terminal's two ends
	cmd            *exec.Cmd
	screen         syncBuffer
	typed          []string
	done           chan struct{} // closed when all that was shown is in screen
}

func (w *world) terminal(args ...string) *terminal {
	w.Helper()
	keyboard, line, err := pty.Open()
	if err != nil {
		missing(w, "there are no pseudo terminals here: "+err.Error())
	}
	t := &terminal{TB: w, keyboard: keyboard, line: line, cmd: w.command(args...), done: make(chan struct{})}
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = line, line, line
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // what its stdin interrupts
	if err := t.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	go func() {
		defer close(t.done)
		buf := make([]byte, 4096)
		for {
			n, err := keyboard.Read(buf)
			_, _ = t.screen.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	w.Cleanup(func() {
		_ = t.cmd.Process.Kill()
		_ = t.cmd.Wait()
		line.Close()
		keyboard.Close()
		<-t.done
	})
	return t
}

func (t *terminal) types(text string) {
	t.Helper()
	t.typed = append(t.typed, strings.TrimSpace(text))
	if _, err := t.keyboard.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// shows waits until the screen shows a text, and returns the screen.
func (t *terminal) shows(text string) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(t.screen.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q is not on the screen: %s", text, t.screen.String())
		}
	}
	return t.screen.String()
}

// ends waits for the command's exit code.
func (t *terminal) ends(want int) {
	t.Helper()
	exit := make(chan error, 1)
	go func() { exit <- t.cmd.Wait() }()
	select {
	case err := <-exit:
		if got := exitCode(err); got != want {
			t.Fatalf("exit %d in place of %d: %s", got, want, t.screen.String())
		}
	case <-time.After(20 * time.Second):
		_ = t.cmd.Process.Kill()
		<-exit
		t.Fatalf("it does not end: %s", t.screen.String())
	}
	shown := t.screen.String()
	for _, text := range t.typed { // the terminal's echo, where it is on
		shown = strings.ReplaceAll(shown, text, "")
	}
	heard.output(t.cmd.Args[1:], "", shown)
}

const interrupt = "\x03" // Ctrl-C

func TestTokenIsTypedUnseen(t *testing.T) {
	w := fakeWorld(t, accountserver.Config{})
	token := w.service.issuePAT()
	at := w.terminal("login", "--with-token")
	at.shows("(it is not shown)")
	at.types(token + "\n")
	at.shows("It is kept in the keychain")
	at.ends(exitOK)
	if strings.Contains(at.screen.String(), token) {
		t.Error("the token was echoed")
	}
	if w.token() != token {
		t.Error("another token was stored")
	}
}

// Ctrl-C at the hidden prompt ends the command, and the echo is back.
func TestTypingATokenIsInterrupted(t *testing.T) {
	w := fakeWorld(t, accountserver.Config{})
	at := w.terminal("login", "--with-token")
	before := at.state()
	at.shows("(it is not shown)")
	for end := time.Now().Add(20 * time.Second); reflect.DeepEqual(at.state(), before); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the echo was not turned off")
		}
	}
	for end := time.Now().Add(20 * time.Second); !strings.Contains(at.screen.String(), "Interrupted."); {
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

func (t *terminal) state() *term.State {
	t.Helper()
	state, err := term.GetState(int(t.line.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestPasteOnATerminal(t *testing.T) {
	w := fakeWorld(t, accountserver.Config{})
	at := w.terminal("login")
	text := at.shows("Press Ctrl-C")
	callback, err := walk(authorizeLine.FindString(strings.ReplaceAll(text, "\r", "")), url.Values{"as": {ada}})
	if err != nil {
		t.Fatal(err)
	}
	at.types("nonsense\n")
	at.shows("That was not it")
	at.types(callback + "\n")
	at.shows("Signed in as Ada Lovelace")
	at.ends(exitOK)
	if !w.service.Valid(w.token()) {
		t.Error("what was stored does not work")
	}
}

// Ctrl-C ends a sign-in, and the session before goes on.
func TestSignInIsInterrupted(t *testing.T) {
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

// A person is asked to unlock a locked keychain; what that person does decides,
// and doing nothing is waited for no longer than was set.
func TestLockedKeychainOnATerminal(t *testing.T) {
	for _, c := range []struct {
		answer keyringtest.Answer
		exit   int
		shows  string
	}{
		{keyringtest.IgnorePrompt, exitTryAgain, "waited 3s"},
		{keyringtest.DismissPrompt, exitTryAgain, "keychain"},
		{keyringtest.AnswerPrompt, exitOK, "opened"},
	} {
		t.Run(fmt.Sprint("answer ", c.answer), func(t *testing.T) {
			w := realWorld(t, accountserver.Config{})
			token, _ := w.seed(time.Hour, "keychain")
			w.env = append(w.env, "MOGPLEX_KEYCHAIN_TIMEOUT=3s")
			if err := w.session.Lock(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := w.session.Prompt(c.answer); err != nil {
				t.Fatal(err)
			}
			at := w.terminal("auth", "token")
			at.shows("Unlock your keychain in the window")
			at.shows(c.shows)
			exit := make(chan error, 1)
			go func() { exit <- at.cmd.Wait() }()
			if got := exitCode(<-exit); got != c.exit {
				t.Errorf("exit %d in place of %d", got, c.exit)
			}
			if c.exit == exitOK {
				at.shows(token)
			}
		})
	}
}
