//go:build !windows

package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// A prompt is streamed, and the model can be picked.
func TestAppPrompts(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	at := w.screen(wide)
	at.shows("Ada Lovelace")
	at.shows("keychain (fake keychain)")
	eventually(t, "the hosted state", func() bool {
		kept, _ := filepath.Glob(w.hosted("*.remote.json"))
		return len(kept) == 2
	})
	at.enters("what is a keychain?")
	at.shows("Hello Ada. You wrote: what is a keychain?")
	at.entersBehindAnAnswer("/models", "contoso/quill")
	at.presses("down", "enter")
	at.shows("Now using northwind/atlas-1.")
	at.enters("/nosuch")
	at.shows("Unknown command: /nosuch.")
	at.enters("and now?")
	at.shows("You wrote: and now?")
	at.leaves()
	log := w.logsAreClean()
	if !strings.Contains(log, `"msg":"prompt sent"`) {
		t.Errorf("the session log tells of no prompt: %s", log)
	}
	if strings.Contains(log, "what is a") || strings.Contains(log, "You wrote") {
		t.Errorf("the session log has what was said: %s", log)
	}
	for _, r := range w.service.Requests() {
		if r.Path == accountserver.InferencePath && r.Status != 200 {
			t.Errorf("a prompt was answered with %d", r.Status)
		}
	}
}

// Each reason why a prompt fails after a successful sign-in is reported with what to
// do.
func TestAppReportsWhyAPromptFails(t *testing.T) {
	t.Parallel()
	prompts := func(f accountserver.Fault) func(*world) {
		f.Path = accountserver.InferencePath
		return func(w *world) { w.service.Fail(f) }
	}
	revoked := func(w *world) { w.service.RevokeAll(ada) }
	refused := []string{"does not accept the credential", "/login"}
	for _, c := range []struct {
		name   string
		cfg    accountserver.Config
		who    string // with a personal access token; else a browser sign-in of Ada's
		before func(*world)
		shows  []string
	}{
		{"redirect", accountserver.Config{PATOnlyInference: true}, "", nil,
			[]string{"does not accept this kind of sign-in", "/settings/api-keys"}},
		{"no model access", accountserver.Config{}, grace, nil,
			[]string{"no access to a model", "/web/models", "/plans-and-billing"}},
		{"refused token", accountserver.Config{}, ada, revoked, refused},
		{"session ended", accountserver.Config{}, "", revoked,
			[]string{"! The service does not accept the credential (HTTP 401).", "Sign in again with /login."}},
		{"token redirected", accountserver.Config{}, ada, prompts(accountserver.Fault{Redirect: "/login"}),
			[]string{"Make another token at"}}, // a browser sign-in would be advised to make one
		{"refused by a redirect", accountserver.Config{RedirectUnauthenticated: true}, ada, revoked, refused},
		{"rate limit", accountserver.Config{}, ada, prompts(accountserver.Fault{Status: 429, RetryAfter: "40"}),
			[]string{"The service asks to wait", "Try again in 40 seconds."}},
		{"service down", accountserver.Config{}, ada, prompts(accountserver.Fault{Status: 503, RetryAfter: "5"}),
			[]string{"No usable answer", "Try again in 5 seconds."}},
		{"cut", accountserver.Config{}, ada, prompts(accountserver.Fault{MidStream: true}),
			[]string{"The model stopped answering."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, c.cfg)
			if c.who == "" {
				w.seed(time.Hour, "keychain")
			} else {
				token := w.service.IssuePAT(c.who)
				heard.secret(token)
				w.stores(token)
			}
			at := w.screen(wide)
			at.shows("/help")
			at.shows("default model")
			if c.before != nil {
				c.before(w)
			}
			at.enters("hello")
			for _, text := range c.shows {
				at.shows(text)
			}
			at.leaves()
			w.logsAreClean()
		})
	}
}

// A token that the service stopped accepting is renewed once, without a message.
func TestAppRenewsARefusedToken(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	at := w.screen(wide)
	at.shows("Ada Lovelace")
	w.service.ExpireAccess()
	at.enters("hello")
	at.shows("You wrote: hello")
	if got := w.service.refreshes(); got != 1 {
		t.Errorf("%d refreshes", got)
	}
	at.leaves()
}
