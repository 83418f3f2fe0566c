package plain

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// The plain mode survives random lines and events.
func TestRandomLines(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	lines := []string{"", "1", "2", "3", "99", "hello", "/login", "/logout", "/models", "/models a", "/mcp", "/sync", "/status",
		"/clear", "/help", "/nothing", "http://127.0.0.1:24816/?code=c", "\x1b[2J\u202eevil"}
	sessions := []talk.Session{{}, talktest.Ada, talktest.OpenAI, {Ended: true}}
	fake := func() *talktest.Fake {
		f := talktest.New()
		f.Catalog.List = []talk.Model{{ID: "a"}, {ID: "b"}}
		f.Updates = []talk.RunUpdate{{Run: talk.RunState{ID: "run_1", Status: "streaming"}}}
		return f
	}
	for range 30 {
		talking(t, fake, Options{Options: talk.Options{Attach: "run_1"}}, func(p *person) {
			typed := make(chan string, 60) // a line waits while none is read
			defer close(typed)
			go func() {
				for line := range typed {
					_, _ = io.WriteString(p.Keyboard, line)
				}
			}()
			for range 60 {
				switch random.IntN(8) {
				case 0:
					now := sessions[random.IntN(len(sessions))]
					p.services.Change(func() { p.services.Account = now })
				case 1:
					time.Sleep(talk.Twice) // so that it does not leave
					p.Interrupts <- struct{}{}
				default:
					typed <- lines[random.IntN(len(lines))] + "\n"
				}
				p.Wants(p.Hears())
			}
			if logged := strings.Join(p.services.Logged, "\n"); strings.Contains(logged, "panic") {
				t.Fatal(logged)
			}
		})
	}
}
