//go:build !windows

package terminal

import "testing"

func TestKeys(t *testing.T) {
	for _, c := range []struct{ key, plain, kitty string }{
		{"a", "a", "a"},
		{"é", "é", "é"},
		{"/", "/", "/"},
		{"space", " ", " "},
		{"enter", "\r", "\r"},
		{"tab", "\t", "\t"},
		{"backspace", "\x7f", "\x7f"},
		{"esc", "\x1b", "\x1b[27u"},
		{"shift+tab", "\x1b[Z", "\x1b[9;2u"},
		{"shift+enter", "\r", "\x1b[13;2u"},
		{"ctrl+c", "\x03", "\x1b[99;5u"},
		{"ctrl+j", "\n", "\x1b[106;5u"},
		{"alt+b", "\x1bb", "\x1b[98;3u"},
		{"up", "\x1b[A", "\x1b[A"},
		{"pgdown", "\x1b[6~", "\x1b[6~"},
	} {
		for kitty, want := range map[bool]string{false: c.plain, true: c.kitty} {
			if got, err := encode(c.key, kitty); got != want || err != nil {
				t.Errorf("%s, kitty %v: %q, want %q, %v", c.key, kitty, got, want, err)
			}
		}
	}
	for _, key := range []string{"", "hyper+a", "ctrl+", "ctrl+up", "return"} {
		if got, err := encode(key, false); err == nil {
			t.Errorf("%q is %q", key, got)
		}
	}
}

// The command decides which protocol a key uses.
func TestPress(t *testing.T) {
	at := start(t, Size{60, 5}, `stty raw -echo; printf '\033[>1uexact'; head -c 7 | cat -v; printf '\033[<uplain'
		head -c 1 | cat -v`)
	must(t, at.WaitFor(soon(t), "exact"))
	must(t, at.Press("shift+enter"))
	must(t, at.WaitFor(soon(t), "exact^[[13;2uplain"))
	must(t, at.Press("shift+enter"))
	must(t, at.WaitFor(soon(t), "plain^M"))
	if at.Press("nothing") == nil {
		t.Error("an unknown key was pressed")
	}
}
