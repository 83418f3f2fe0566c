package tui

import "testing"

func TestParseCommand(t *testing.T) {
	for _, test := range []struct {
		line, name, argument, wrong, hint string
	}{
		{"/logout", "logout", "", "", ""},
		{"  /Status \n", "status", "", "", ""},
		{"/models", "models", "", "", ""},
		{"/models openai/gpt-5 ", "models", "openai/gpt-5", "", ""},
		{"/logut", "", "", "There is no command /logut.", "Did you mean /logout?"},
		{"/log", "", "", "There is no command /log.", "Did you mean /login?"},
		{"/xyzzy now", "", "", "There is no command /xyzzy.", "/help tells them all."},
		{"/日本", "", "", "There is no command /日本.", "/help tells them all."},
		{"/logout now", "", "", "/logout takes nothing after it.", ""},
		{"/logout.", "", "", "There is no command /logout..", "Did you mean /logout?"},
		{"/sync;", "", "", "There is no command /sync;.", "Did you mean /sync?"},
		{"/", "", "", "There is no command /.", "/help tells them all."},
		{"/ logout", "", "", "There is no command /.", "/help tells them all."},
	} {
		c, argument, found, wrong := parseCommand(test.line)
		var p Problem
		if wrong != nil {
			p = *wrong
		}
		if !found || c.name != test.name || argument != test.argument || p.Text != test.wrong || p.Hint != test.hint {
			t.Errorf("%q: %v %q %q %v", test.line, found, c.name, argument, p)
		}
	}
	for _, prompt := range []string{"hello", "", "/usr/bin/env is missing", "what does /logout do?", "//x", "/* x */"} {
		if _, _, found, wrong := parseCommand(prompt); found || wrong != nil {
			t.Errorf("%q is taken for a command", prompt)
		}
	}
}
