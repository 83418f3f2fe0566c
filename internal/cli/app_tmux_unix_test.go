//go:build !windows

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// inTmux is mogplex in a tmux of its own, whose window is the whole terminal.
func (w *world) inTmux(size terminal.Size, name string) *screen {
	w.Helper()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		deep.Missing(w, "tmux is not installed")
	}
	dir, err := os.MkdirTemp("/tmp", "tmux") // a socket's path is short
	if err != nil {
		w.Fatal(err)
	}
	socket, settings := filepath.Join(dir, "socket"), filepath.Join(dir, "conf")
	w.Cleanup(func() {
		_ = exec.Command(tmux, "-S", socket, "kill-server").Run() // usually it has ended
		_ = os.RemoveAll(dir)
	})
	// The login shell of this user may refuse to start, like a service account's.
	text := fmt.Sprintf("set -g status off\nset -g escape-time 0\nset -g default-shell /bin/sh\nset -g default-terminal %s\n", name)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	return w.screenOf(size, exec.Command(tmux, "-u", "-S", socket, "-f", settings, "new-session", w.mogplex), w.env...)
}

// In tmux, a terminal with other abilities, the app looks the same: at both sizes,
// and after a resize.
func TestAppInTmux(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"tmux-256color", "screen-256color"} {
		for _, size := range []terminal.Size{{Columns: 80, Rows: 24}, {Columns: 40, Rows: 12}} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size.Columns, size.Rows), func(t *testing.T) {
				w := fakeWorld(t, accountserver.Config{})
				both := pair{w.inTmux(size, name), w.screen(size)}
				both.show("Sign in with Mogplex")
				both.each(func(s *screen) { s.presses("q"); s.ends(exitOK) })

				w.seed(time.Hour, "keychain")
				both = pair{w.inTmux(size, name), w.screen(size)}
				both.show("ada@example.test")
				both.each(func(s *screen) { s.enters("Is it 日本語?") })
				both.show("no model has read it.")
				both.each(func(s *screen) { s.enters("/nothing") })
				both.show("Unknown command")
				both.each(func(s *screen) {
					if err := s.Resize(terminal.Size{Columns: size.Columns + 5, Rows: size.Rows + 3}); err != nil {
						t.Fatal(err)
					}
				})
				both.show(strings.Repeat("─", size.Columns+5))
				both.each((*screen).leaves)
			})
		}
	}
}

// pair is mogplex in tmux, and without.
type pair [2]*screen

func (p pair) each(do func(*screen)) {
	for _, s := range p {
		do(s)
	}
}

// show waits until both show a text, and the same.
func (p pair) show(text string) {
	p[0].Helper()
	p.each(func(s *screen) { s.shows(text) })
	want := p[1].Screen().String()
	p[0].until("what is shown without tmux:\n"+want, func(now terminal.Screen) bool { return now.String() == want })
}
