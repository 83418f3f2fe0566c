//go:build !windows

package cli

import (
	"testing"

	"github.com/mogplex/mogplex-cli/internal/settings"
)

// A terminal that can be drawn on gets the screen, unless the person wants lines.
func TestWantsPlain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		term, plain string
		want        bool
	}{{"xterm-256color", "", false}, {"xterm", "1", true}, {"dumb", "", true}, {"", "", true}} {
		env := map[string]string{"TERM": c.term, "MOGPLEX_PLAIN": c.plain}
		p := &program{env: settings.Env{LookupEnv: func(name string) (string, bool) { value, is := env[name]; return value, is }}}
		if got := p.wantsPlain(); got != c.want {
			t.Errorf("TERM=%q MOGPLEX_PLAIN=%q: %t", c.term, c.plain, got)
		}
	}
}
