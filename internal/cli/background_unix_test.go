//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// TestNoCommandButASignInOpensABrowser runs everything that a script or a prompt
// runs, many at once, signed out and with an ended session.
func TestNoCommandButASignInOpensABrowser(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	opened := filepath.Join(t.TempDir(), "opened")
	browser := filepath.Join(t.TempDir(), "browser")
	if err := writeProgram(browser, fmt.Appendf(nil, "#!/bin/sh\necho \"$1\" >> '%s'\n", opened)); err != nil {
		t.Fatal(err)
	}
	w.env = append(w.env, "BROWSER="+browser, "DISPLAY=:7", "WAYLAND_DISPLAY=wayland-7")
	commands := []string{"auth token", "auth refresh", "auth status", "auth status --check", "auth migrate", "ask hi", "--logout", "logout", ""}
	for _, ended := range []bool{false, true} {
		done := make(chan struct{})
		for range 3 {
			for _, args := range commands[:len(commands)-2] {
				if ended {
					w.seed(-time.Minute, "file")
					w.service.RevokeAll(ada)
				}
				go func() {
					defer func() { done <- struct{}{} }()
					w.run(strings.Fields(args)...)
				}()
			}
		}
		for range 3 * (len(commands) - 2) {
			<-done
		}
		for _, args := range commands {
			w.run(strings.Fields(args)...)
		}
	}
	// On a terminal too: a script may ask for the token there.
	for _, args := range []string{"auth token", "auth status", "auth refresh"} {
		at := w.terminal(strings.Fields(args)...)
		at.ends(exitNotSignedIn)
	}
	if text, err := os.ReadFile(opened); err == nil {
		t.Errorf("opened: %s", text)
	}
	at := w.terminal("login")
	at.shows("Press Ctrl-C")
	eventually(t, "a browser that is opened", func() bool { _, err := os.Stat(opened); return err == nil })
	at.types(interrupt)
	at.ends(exitInterrupted)
}
