//go:build !windows

package cli

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// typedTexts are ordinary words, then a key of every known shape, in pieces that
// are short enough for the name of a run.
func typedTexts(t *testing.T) []string {
	t.Helper()
	shapes, err := os.ReadFile("../sessionlog/testdata/shapes.txt")
	if err != nil {
		t.Fatal(err)
	}
	pieces, piece := []string{"correcthorse-battery.MARK", "secret word MARKédünya"}, ""
	for i, shape := range strings.Split(strings.TrimSpace(string(shapes)), "\n") {
		key := fmt.Sprintf("%s%02dMARK0123456789abcdef", shape, i)
		if len(piece)+1+len(key) > 200 {
			pieces, piece = append(pieces, piece), key
			continue
		}
		piece = strings.TrimSpace(piece + " " + key)
	}
	return append(pieces, piece)
}

// typist types or pastes into a screen.
type typist struct {
	*screen
	pastes bool
}

// gives enters a text.
func (s typist) gives(text string) {
	s.Helper()
	if !s.pastes {
		s.enters(text)
		return
	}
	if err := s.Paste(text); err != nil {
		s.Fatal(err)
	}
	s.presses("enter")
}

// showsOneOf waits until one of two texts is on the screen.
func (s typist) showsOneOf(a, b string) {
	s.Helper()
	s.until(a+" or "+b, func(now terminal.Screen) bool { return now.Contains(a) || now.Contains(b) })
}

// Nothing that a person types or pastes is in the session log, in any place of the
// app and in any shape.
func TestNothingTypedIsInTheSessionLog(t *testing.T) {
	t.Parallel()
	for i, text := range typedTexts(t) {
		t.Run(fmt.Sprintf("piece %d", i), func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{})
			w.seed(time.Hour, "keychain")
			word := strings.ReplaceAll(text, " ", "")
			at := typist{w.screen(wide, "--attach="+text), i%2 == 1}
			at.shows("for this account")
			at.presses("q")
			at.shows("/help")
			at.gives(text)
			at.shows("no model has read it.")
			at.entersBehindAnAnswer("/login", "personal access token")
			at.presses("1")
			at.shows("Waiting for you")
			at.gives("http://127.0.0.1:24816/auth/callback?" + url.Values{"code": {text}, "state": {text}}.Encode())
			at.shows("belongs to another sign-in")
			at.presses("esc", "2")
			at.shows("not shown")
			at.gives(word)
			at.shows("That did not work")
			at.presses("esc", "3")
			at.shows("anthropic")
			at.presses("enter")
			at.shows("not shown")
			at.gives(word)
			at.showsOneOf("That did not work", "Stored the anthropic key")
			at.presses("esc", "esc", "esc")
			at.shows("Enter sends")
			at.gives("/models " + text)
			at.shows("The catalog has no model")
			at.gives("/" + word)
			at.shows("Unknown command")
			at.enters("/quit")
			at.ends(exitFailure) // the run's
			w.logHasNoMark(`"msg":"prompt sent"`, `"msg":"run failed"`, `"msg":"sign-in failed"`)
		})
	}
}

// The person can name a model that the provider does not list. Its name is not
// logged.
func TestATypedModelIsNotInTheSessionLog(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.env = append(w.env, "OPENAI_API_KEY=sk-proj-MARKMARKMARK0123456789", "HTTPS_PROXY=http://127.0.0.1:1")
	at := w.screen(wide)
	at.shows("OPENAI_API_KEY")
	for i, text := range typedTexts(t) {
		name := fmt.Sprintf("model%d-%s", i, text)
		at.enters("/models " + name)
		at.shows(fmt.Sprintf("model%d-", i))
		at.shows("Now using")
		at.enters(fmt.Sprintf("prompt %d", i))
		at.shows("Check the network")
		at.enters("/clear")
		at.until("an empty screen", func(now terminal.Screen) bool { return !now.Contains("Now using") })
	}
	at.leaves()
	w.logHasNoMark(`"msg":"prompt sent","provider":"openai","model":"(not listed)"`)
}

// logHasNoMark fails if the log has a marked text, or lacks what it should have.
// It prints nothing of a marked text.
func (w *world) logHasNoMark(want ...string) {
	w.Helper()
	log := w.logsAreClean()
	if strings.Contains(strings.ToUpper(log), "MARK") || strings.Contains(log, "battery") || strings.Contains(log, "dünya") {
		w.Error("what was typed is in the session log")
	}
	for _, text := range want {
		if !strings.Contains(log, text) {
			w.Errorf("the session log lacks %s", text)
		}
	}
}
