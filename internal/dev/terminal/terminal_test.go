//go:build !windows

package terminal

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a shell script on a terminal.
func start(t *testing.T, size Size, script string) *Terminal {
	t.Helper()
	if _, err := exec.LookPath("stty"); err != nil && strings.Contains(script, "stty") {
		t.Skip("stty is not installed")
	}
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	at, err := Start(cmd, size)
	if err != nil {
		t.Skip("no pseudo terminal: ", err)
	}
	t.Cleanup(func() {
		if err := at.Close(); err != nil {
			t.Error(err)
		}
	})
	return at
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shownBy runs a script to its end.
func shownBy(t *testing.T, script string) *Terminal {
	t.Helper()
	at := start(t, Size{20, 5}, script)
	if code, err := at.Wait(soon(t)); code != 0 || err != nil {
		t.Fatalf("exit code %d: %v", code, err)
	}
	return at
}

func TestScreen(t *testing.T) {
	at := shownBy(t, `printf 'one\ntwo \033[1;31mred\033[0m\033[?25l'`)
	s := at.Screen()
	if got := s.String(); got != "one\ntwo red" {
		t.Errorf("the screen is %q", got)
	}
	if !s.Contains("one two") || s.Contains("three") {
		t.Error("Contains")
	}
	if s.Alternate || s.Cursor != (Cursor{Column: 7, Row: 1, Hidden: true}) {
		t.Errorf("alternate %v, %+v", s.Alternate, s.Cursor)
	}
	if style := s.Cells[1][4].Style; style.Fg != ansi.Red || style.Attrs == 0 || s.Cells[1][0].Style.Fg != nil {
		t.Errorf("%+v", style)
	}
	if !strings.Contains(string(at.Output()), "\x1b[1;31mred") {
		t.Errorf("the output is %q", at.Output())
	}
}

func TestWideCharacters(t *testing.T) {
	s := shownBy(t, `printf '日本 é 👩‍👩‍👧 |'`).Screen()
	if s.String() != "日本 é 👩‍👩‍👧 |" {
		t.Errorf("%q", s)
	}
	if row := s.Cells[0]; row[0].Width != 2 || row[1].Width != 0 || row[5].Content != "é" || row[10].Content != "|" {
		t.Errorf("%v", row)
	}
}

func TestHyperlinksAndClipboard(t *testing.T) {
	at := shownBy(t, `printf '\033]8;;https://a.test/?x=1\007here\033]8;;\007 and \033]52;c;Y29waWVk\007'`)
	if links := at.Screen().Links(); len(links) != 1 || links[0] != "https://a.test/?x=1" {
		t.Error(links)
	}
	if at.Clipboard() != "copied" || at.Screen().String() != "here and" {
		t.Errorf("%q on the clipboard, %q on the screen", at.Clipboard(), at.Screen())
	}
}

// The screen shows a synchronized update when it ends, or when the command ends.
func TestSynchronizedUpdate(t *testing.T) {
	at := start(t, Size{20, 5}, `printf 'old\033[?2026h\rnew'; read x; printf '!\033[?2026l\033[?2026hlast'`)
	must(t, at.WaitUntil(soon(t), func(Screen) bool { return strings.Contains(string(at.Output()), "new") }))
	if got := at.Screen().String(); got != "old" {
		t.Errorf("%q during an update", got)
	}
	must(t, at.Type("\n"))
	must(t, at.WaitFor(soon(t), "new"))
	if _, err := at.Wait(soon(t)); err != nil || !at.Screen().Contains("last") {
		t.Errorf("%v: %q", err, at.Screen())
	}
}

func TestQueries(t *testing.T) {
	for _, c := range []struct {
		name, query, want string
	}{
		{name: "device attributes", query: `\033[c`, want: "^[[?62;1;6;22c"},
		{name: "cursor", query: `ab\033[6n`, want: "^[[1;3R"},
		{name: "background", query: `\033]11;?\007`, want: "^[]11;rgb:0000/0000/0000^G"},
		{name: "synchronized updates", query: `\033[?2026$p`, want: "^[[?2026;2$y"},
		{name: "kitty keyboard", query: `\033[>1u\033[>3u\033[<u\033[=5u\033[?u`, want: "^[[?5u"},
		{name: "kitty keyboard, off", query: `\033[>1u\033[<9u\033[?u`, want: "^[[?0u"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := strings.NewReplacer("^[", "\x1b", "^G", "\x07").Replace(c.want)
			script := `stty raw -echo; printf '` + c.query + `'; head -c "$N" | cat -v`
			at := start(t, Size{60, 5}, strings.ReplaceAll(script, "$N", strconv.Itoa(len(raw))))
			must(t, at.WaitFor(soon(t), c.want))
		})
	}
}

func TestAlternateScreenAndResize(t *testing.T) {
	at := start(t, Size{20, 5}, `trap 'stty size' WINCH; printf 'before\033[?1049h\033[Hinside\n'
		while :; do read x && break; done; printf '\033[?1049l'`)
	must(t, at.WaitFor(soon(t), "inside"))
	if s := at.Screen(); !s.Alternate || s.Contains("before") {
		t.Errorf("alternate %v: %s", s.Alternate, s)
	}
	must(t, at.Resize(Size{Columns: 33, Rows: 4}))
	must(t, at.WaitFor(soon(t), "4 33"))
	must(t, at.Type("\n"))
	if code, err := at.Wait(soon(t)); code != 0 || err != nil {
		t.Error(code, err)
	}
	if s := at.Screen(); s.Alternate || s.String() != "before" || s.Size != (Size{33, 4}) {
		t.Errorf("%v %v: %s", s.Size, s.Alternate, s)
	}
}

func TestPaste(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{`stty raw -echo; printf ready; head -c 3 | cat -v`, "readya^Mb"},
		{`stty raw -echo; printf '\033[?2004hready'; head -c 15 | cat -v`, "ready^[[200~a^Mb^[[201~"},
	} {
		at := start(t, Size{60, 5}, c.script)
		must(t, at.WaitFor(soon(t), "ready"))
		must(t, at.Paste("a\nb"))
		must(t, at.WaitFor(soon(t), c.want))
	}
}

// State shows echo being turned off and on, and how the command left it.
func TestState(t *testing.T) {
	at := start(t, Size{20, 5}, `printf ready; read x; stty -echo; printf off; read x; stty echo; printf on; read x; stty -echo`)
	must(t, at.WaitFor(soon(t), "ready"))
	before, err := at.State()
	must(t, err)
	for i, want := range []string{"off", "on"} {
		must(t, at.Type("\n"))
		must(t, at.WaitFor(soon(t), want))
		state, err := at.State()
		must(t, err)
		if same := *state == *before; same != (i == 1) {
			t.Errorf("with echo %s: as before: %v", want, same)
		}
	}
	must(t, at.Type("\n"))
	_, err = at.Wait(soon(t))
	must(t, err)
	if state, err := at.State(); err != nil || *state == *before {
		t.Errorf("the echo is on, %v", err)
	}
}

func TestEnds(t *testing.T) {
	at := start(t, Size{20, 5}, `printf bye; exit 3`)
	if err := at.WaitFor(soon(t), "welcome"); err == nil || !strings.Contains(err.Error(), "exit code 3; the screen:\nbye") {
		t.Error(err)
	}
	if code, err := at.Wait(soon(t)); code != 3 || err != nil {
		t.Error(code, err)
	}
}

// Waiting ends with ctx, and does not wait for processes that the command left behind.
func TestLimits(t *testing.T) {
	defer func(limit time.Duration) { drainLimit = limit }(drainLimit)
	at := start(t, Size{20, 5}, `printf here; exec cat`)
	must(t, at.WaitFor(soon(t), "here"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := at.WaitFor(ctx, "there"); err == nil || !strings.HasSuffix(err.Error(), "the screen:\nhere") {
		t.Error(err)
	}
	if _, err := at.Wait(ctx); err == nil || !strings.HasSuffix(err.Error(), "the screen:\nhere") {
		t.Error(err)
	}
	must(t, at.Close())
	must(t, at.Close())
	if code, err := at.Wait(t.Context()); code != -1 || err != nil {
		t.Error(code, err)
	}
	drainLimit = 100 * time.Millisecond
	left := start(t, Size{20, 5}, `(trap "" HUP; sleep 20) & printf left`)
	if _, err := left.Wait(soon(t)); err != nil || !left.Screen().Contains("left") {
		t.Error(err)
	}
}
