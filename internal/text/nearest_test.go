package text

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"login", "logout", "auth", "models", "mcp", "completion", "help", "version", "status", "token", "refresh", "migrate", "profile"}
	for typed, want := range map[string]string{
		"lgoin": "login", "logn": "login", "loginn": "login", "logot": "logout", "stauts": "status", "tokne": "token",
		"Login": "login", "comp": "completion", "mod": "models", "mpc": "mcp", "hlep": "help", "migrat": "migrate",
		"bogus": "", "": "", "x": "", "lo": "login", "extra": "", "nobody": "", "tcsh": "", "deploy": "", "aut": "auth", "provider": "", "tkn": "",
		"l": "", "mog_" + strings.Repeat("0123456789", 10): "",
	} {
		if got := Nearest(typed, names); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestASwapIsOneSlip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"ab", "ba", 1}, {"abcd", "abdc", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
