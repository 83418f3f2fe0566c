//go:build !windows

package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// Every request of the program names it and its version: discovery, renewal,
// hosted state, prompts and revocation.
func TestRequestsHaveAUserAgent(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
	w.seed(-time.Hour, "keychain")
	at := w.screen(wide)
	at.shows("Ada Lovelace")
	at.enters("hello")
	at.shows("You wrote: hello")
	at.leaves()
	w.must("models", "--refresh")
	w.must("logout")
	asked := map[string]bool{}
	for _, r := range w.service.Requests() {
		asked[r.Path] = true
		if !strings.HasPrefix(r.Agent, "mogplex/") || strings.ContainsAny(r.Agent, " ()") ||
			!strings.Contains(w.must("--version"), strings.TrimPrefix(r.Agent, "mogplex/")) {
			t.Errorf("%s %s comes from %q", r.Method, r.Path, r.Agent)
		}
	}
	for _, path := range []string{"/.well-known/oauth-authorization-server", accountserver.TokenPath, accountserver.RevokePath,
		accountserver.InferencePath, accountserver.APIPath + "/models"} {
		if !asked[path] {
			t.Errorf("%s was not asked", path)
		}
	}
}
