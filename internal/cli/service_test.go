package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// openIDService is a service with an OpenID document alone, at paths of its own, for a
// client called my-cli. Every person who visits it is signed in at once.
func openIDService(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	answer := func(w http.ResponseWriter, status int, body map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"issuer": server.URL, "authorization_endpoint": server.URL + "/connect/authorize",
			"token_endpoint": server.URL + "/connect/token", "authorization_response_iss_parameter_supported": true})
	})
	mux.HandleFunc("GET /connect/authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("client_id") != "my-cli" || q.Get("scope") != "openid offline_access" {
			t.Errorf("asked with %v", q)
		}
		back := url.Values{"code": {"c"}, "state": {q.Get("state")}, "iss": {server.URL}}
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
	})
	grants := 0
	mux.HandleFunc("POST /connect/token", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_id") != "my-cli" {
			answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
			return
		}
		grants++
		answer(w, http.StatusOK, map[string]any{"access_token": fmt.Sprintf("other-access-%d", grants), "token_type": "Bearer",
			"expires_in": 3600, "refresh_token": fmt.Sprintf("other-refresh-%d", grants)})
	})
	return server
}

// A [[service]] of the user's config.toml is enough to sign in at another OAuth service,
// through any free port, and to renew and sign out there.
func TestAnotherService(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	other := openIDService(t)
	w.env = slices.DeleteFunc(w.env, func(v string) bool { return strings.HasPrefix(v, "MOGPLEX_CALLBACK_PORTS=") })
	w.env = append(w.env, "MOGPLEX_URL="+other.URL)
	if err := os.MkdirAll(w.state(""), 0o700); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("[[service]]\norigin = %q\nclient_id = 'my-cli'\nscopes = ['openid', 'offline_access']\nredirect_ports = [0]\n", other.URL)
	if err := os.WriteFile(w.state("config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	_, said, err := runAttended(w.command("login", "--no-browser"), func(shown string) (string, error) {
		resp, err := http.Get(accountserver.AuthorizeURL(shown))
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return "", err
	})
	if err != nil || strings.Contains(said, "24816") {
		t.Fatalf("login: %v: %s", err, said)
	}
	if got := w.must("auth", "token"); got != "other-access-1\n" {
		t.Errorf("the token is %q", got)
	}
	w.must("auth", "refresh")
	if got := w.must("auth", "token"); got != "other-access-2\n" {
		t.Errorf("the renewed token is %q", got)
	}
	var status struct{ Active struct{ Issuer string } }
	if err := json.Unmarshal([]byte(w.must("auth", "status", "--json")), &status); err != nil || status.Active.Issuer != other.URL {
		t.Errorf("status: %+v, %v", status, err)
	}
	w.must("logout")
	if code, _, _ := w.run("auth", "token"); code != exitNotSignedIn {
		t.Errorf("after the sign-out: exit %d", code)
	}
}
