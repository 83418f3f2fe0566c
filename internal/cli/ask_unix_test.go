//go:build unix

package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// The service's text can't control a terminal. A pipe gets it as it is.
func TestAnAnswerDoesNotControlTheTerminal(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	w.service.Fail(accountserver.Fault{Path: accountserver.InferencePath, Status: 200, ContentType: "text/event-stream",
		Body: `data: {"choices":[{"delta":{"content":"a\u001b"}},{"delta":{"content":"[2Jb\r\u202ec\nd"}}]}` + "\n\ndata: [DONE]\n\n"})
	if out, err := w.command("ask", "hi").Output(); err != nil || string(out) != "a\x1b[2Jb\r\u202ec\nd\n" {
		t.Errorf("a pipe got %q, %v", out, err)
	}
	at := w.terminal("ask", "hi")
	at.ends(exitOK)
	if shown := at.shown(); shown != "a[2Jbc\r\nd\r\n" {
		t.Errorf("a terminal got %q", shown)
	}
	at = w.terminal("ask")
	at.shows("the prompt is empty")
	at.ends(exitUsage)
}

// An answer is printed as it comes, and Ctrl-C ends it.
func TestAnAnswerIsInterrupted(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{ChunkDelay: 20 * time.Millisecond})
	w.seed(time.Hour, "keychain")
	at := w.terminal("ask", strings.Repeat("word ", 1000))
	at.shows("You wrote: word")
	at.types(interrupt)
	at.ends(exitInterrupted)
	if shown := at.shown(); strings.Contains(shown, "no model has read it") || !strings.HasSuffix(shown, "\nInterrupted.\r\n") {
		t.Errorf("%q", shown)
	}
}

// A pipe that stays open is reported, and Ctrl-C ends the wait for its end.
func TestAnOpenPipeIsReported(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	cmd := w.command("ask", "hi")
	var said syncBuffer
	cmd.Stderr = &said
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the report that it reads stdin", func() bool { return strings.Contains(said.String(), "Reading stdin to its end") })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); exitCode(err) != exitInterrupted || w.service.Count(accountserver.InferencePath) != 0 {
		t.Errorf("%v: %s", err, said.String())
	}
}
