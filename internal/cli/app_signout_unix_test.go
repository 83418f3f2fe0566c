//go:build !windows

package cli

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// A sign-out cuts the answer in another terminal, and both front ends say why. The
// service would have written on for half a minute.
func TestASignOutInAnotherTerminalCutsTheAnswer(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "--plain"} {
		for _, where := range []string{"keychain", "file"} {
			t.Run(args+"/"+where, func(t *testing.T) {
				t.Parallel()
				var ended atomic.Bool
				w := fakeWorld(t, accountserver.Config{ChunkDelay: 300 * time.Millisecond, OnRequest: func(r accountserver.Request) {
					if strings.HasPrefix(r.Path, "/api/cli/inference") {
						ended.Store(true)
					}
				}})
				w.seed(time.Hour, where)
				at := w.screen(wide, strings.Fields(args)...)
				at.shows("Ada Lovelace")
				at.enters("a prompt of many words " + strings.Repeat("word ", 100))
				at.shows("You wrote: a prompt")
				w.must("logout")
				at.shows("Signed out in another terminal.")
				eventually(t, "the end of the answer at the service", ended.Load)
				if text := string(at.Terminal.Output()); strings.Contains(text, "no model has read it.") {
					t.Error("the answer went on to its end")
				}
				at.until("a prompt for the next line", func(now terminal.Screen) bool { return now.Contains("Not signed in") || args != "" })
				at.leaves()
			})
		}
	}
}

// After a sign-out both front ends name the backups of unparsable files, which may
// hold a credential, as `mogplex logout` does.
func TestASignOutInTheAppNamesBackups(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "--plain"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{}).storing("file")
			if err := w.writeFile(`{"mogplex": {"token": "mog_cut-off`); err != nil {
				t.Fatal(err)
			}
			w.signsIn(ada)
			at := w.screen(wide, strings.Fields(args)...)
			at.shows("Ada Lovelace")
			at.enters("/logout")
			at.shows("Removed the mogplex credential")
			at.shows("auth.json.corrupt-")
			at.shows("may hold a credential")
			at.leaves()
		})
	}
}
