package text

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"login", "logout", "auth", "models", "mcp", "completion", "help", "version", "status", "token", "refresh", "migrate", "profile"}
	for typed, want := range map[string]string{
		"lgoin": "login", "logn": "login", "loginn": "login", "logot": "logout", "stauts": "status", "tokne": "token",
		"Login": "login", "comp": "completion", "mod": "models", "mpc": "mcp", "hlep": "help", "migrat": "migrate",
		"bogus": "", "": "", "x": "", "lo": "", "extra": "", "nobody": "", "tcsh": "", "deploy": "", "aut": "auth", "provider": "", "tkn": "",
		"mog_0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq": "",
	} {
		if got := Nearest(typed, names); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
	if got := Nearest("log", []string{"logbook", "logging"}); got != "" {
		t.Errorf("one of two names that begin with the word: %q", got)
	}
}

func TestASwapIsOneSlip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"ab", "ba", 1}, {"abcd", "abdc", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
