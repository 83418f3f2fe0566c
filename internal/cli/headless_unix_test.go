//go:build !windows

package cli

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// --clipboard copies the printed address, and only that, to the terminal's clipboard.
func TestTheAddressIsCopied(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	at := w.terminal("login", "--no-browser", "--clipboard")
	address := accountserver.AuthorizeURL(at.shows("Press Ctrl-C"))
	if address == "" || at.Clipboard() != address {
		t.Errorf("copied %q, want %q", at.Clipboard(), address)
	}
	at.types(interrupt)
	at.exit(exitInterrupted)
	sequence := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(address)) + "\a"
	heard.output(at.args, "", strings.Replace(at.shown(), sequence, "", 1)) // the rest must not steer the terminal

	code, stdout, stderr := w.run("login", "--no-browser", "--clipboard", "--timeout", "50ms")
	if code != exitFailure || strings.ContainsAny(stdout+stderr, "\x1b\a") || !strings.Contains(stderr, "no terminal") {
		t.Errorf("without a terminal: exit %d, stderr %q", code, stderr)
	}
}

// With both ports taken, the sign-in names who has them. A code alone finishes it, through
// a pipe and without --no-browser.
func TestACodeIsPastedWhilePortsAreTaken(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	for _, port := range w.service.ports {
		squatter, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer squatter.Close()
	}
	bare := func(shown string) (string, error) {
		callback, err := walk(accountserver.AuthorizeURL(shown), ada)
		if err != nil {
			return "", err
		}
		u, err := url.Parse(callback)
		return "  '" + u.Query().Get("code") + "'  ", err
	}
	cmd := w.command("login")
	stdout, stderr, err := runAttended(cmd, bare)
	heard.output(cmd.Args[1:], stdout, stderr)
	if err != nil || w.token() == "" {
		t.Fatalf("%v: %s", err, stderr)
	}
	want := fmt.Sprintf("%d is taken", w.service.ports[0])
	if runtime.GOOS == "linux" {
		want += " by cli.test (process "
	}
	if !strings.Contains(stderr, want) {
		t.Errorf("%q is not in %s", want, stderr)
	}
}

// A code alone that belongs to another sign-in signs nobody in: PKCE binds it.
func TestAForeignCodeIsRefused(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	foreign := func(shown string) (string, error) {
		address, err := url.Parse(accountserver.AuthorizeURL(shown))
		if err != nil {
			return "", err
		}
		query := address.Query()
		query.Set("code_challenge", strings.Repeat("A", 43))
		address.RawQuery = query.Encode()
		callback, err := walk(address.String(), ada)
		if err != nil {
			return "", err
		}
		u, err := url.Parse(callback)
		return u.Query().Get("code"), err
	}
	cmd := w.command("login", "--no-browser", "--timeout", "3s")
	stdout, stderr, err := runAttended(cmd, foreign)
	heard.output(cmd.Args[1:], stdout, stderr)
	if exitCode(err) != exitFailure || !strings.Contains(stderr, "does not accept that code") || !strings.Contains(stderr, "not finished in time") {
		t.Errorf("%v: %s", err, stderr)
	}
	if code, _, _ := w.run("auth", "token"); code != exitNotSignedIn {
		t.Errorf("auth token: exit %d", code)
	}
}
