package talk

import "testing"

func TestParseCommand(t *testing.T) {
	for _, test := range []struct {
		line, name, argument, wrong, hint string
	}{
		{"/logout", "logout", "", "", ""},
		{"  /Status \n", "status", "", "", ""},
		{"/models", "models", "", "", ""},
		{"/models openai/gpt-5 ", "models", "openai/gpt-5", "", ""},
		{"/logut", "", "", "Unknown command: /logut.", "Did you mean /logout?"},
		{"/log", "", "", "Unknown command: /log.", "Did you mean /login?"},
		{"/xyzzy now", "", "", "Unknown command: /xyzzy.", "Type /help for a list."},
		{"/日本", "", "", "Unknown command: /日本.", "Type /help for a list."},
		{"/logout now", "", "", "/logout takes no argument.", ""},
		{"/logout.", "", "", "Unknown command: /logout..", "Did you mean /logout?"},
		{"/sync;", "", "", "Unknown command: /sync;.", "Did you mean /sync?"},
		{"/", "", "", "Unknown command: /.", "Type /help for a list."},
		{"/ logout", "", "", "Unknown command: /.", "Type /help for a list."},
	} {
		c, argument, found, wrong := Parse(test.line)
		var p Problem
		if wrong != nil {
			p = *wrong
		}
		if !found || c.Name != test.name || argument != test.argument || p.Text != test.wrong || p.Hint != test.hint {
			t.Errorf("%q: %v %q %q %v", test.line, found, c.Name, argument, p)
		}
	}
	for _, prompt := range []string{"hello", "", "/usr/bin/env is missing", "what does /logout do?", "//x", "/* x */"} {
		if _, _, found, wrong := Parse(prompt); found || wrong != nil {
			t.Errorf("%q is taken for a command", prompt)
		}
	}
}
