package accountserver_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestLoginReturnsToTheAuthorizeRequest(t *testing.T) {
	w := newWorld(t, accountserver.Config{Accounts: append(accountserver.DefaultAccounts(), accountserver.Account{Name: "<b>"})})
	sent := w.get(authorizePath("nonce", "n-1"))
	login := sent.location(t)
	if sent.StatusCode != http.StatusFound || login.Path != "/login" || login.Query().Get("state") != "s+t&a=te" {
		t.Fatalf("signed out: status %d to %s", sent.StatusCode, login)
	}
	page := w.get(login.RequestURI())
	for _, part := range []string{`name="as" value="ada@example.test"`, `name="cancel"`, "&lt;b&gt;"} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the login page has no %s", part)
		}
	}
	if unknown := w.form(login.RequestURI(), "as", "nobody@example.test"); unknown.StatusCode != http.StatusUnauthorized {
		t.Errorf("unknown account: status %d", unknown.StatusCode)
	}
	back := w.form(login.RequestURI(), "as", ada)
	query := w.get(back.location(t).RequestURI()).location(t).Query()
	if len(query) != 2 || query.Get("state") != "s+t&a=te" {
		t.Fatalf("callback with %v", query)
	}
	got := w.exchange(query.Get("code")).json(t)
	if claims := idClaims(t, got["id_token"].(string)); claims["nonce"] != nil {
		t.Error("the login page preserved the nonce")
	}
	again := w.get(authorizePath("prompt", "select_account", "nonce", "n-2"))
	if again.location(t).Host != "127.0.0.1:24816" {
		t.Error("a signed-in browser was not sent straight back")
	}
	direct := w.exchange(again.location(t).Query().Get("code")).json(t)
	if claims := idClaims(t, direct["id_token"].(string)); claims["nonce"] != "n-2" {
		t.Error("the nonce was lost without a login page")
	}
}

func idClaims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(decoded, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestRefusesOnThePageOrInACallbackWithoutState(t *testing.T) {
	tests := []struct {
		name    string
		changes []string
		code    string // of the error callback; "" is the service's own page
	}{
		{"unknown client", []string{"client_id", "other"}, ""},
		{"no client", []string{"client_id", ""}, ""},
		{"response type token", []string{"response_type", "token"}, ""},
		{"no response type", []string{"response_type", ""}, ""},
		{"no redirect", []string{"redirect_uri", ""}, ""},
		{"redirect to IPv6", []string{"redirect_uri", "http://[::1]:24816/auth/callback"}, ""},
		{"redirect to another port", []string{"redirect_uri", "http://127.0.0.1:24817/auth/callback"}, ""},
		{"redirect to another path", []string{"redirect_uri", callback + "/"}, ""},
		{"redirect with a query", []string{"redirect_uri", callback + "?a=b"}, ""},
		{"redirect in other letters", []string{"redirect_uri", "HTTP://127.0.0.1:24816/auth/callback"}, ""},
		{"redirect elsewhere", []string{"redirect_uri", "https://evil.example/auth/callback"}, ""},
		{"unknown scope", []string{"scope", "openid admin"}, "invalid_scope"},
		{"no PKCE", []string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		{"no method", []string{"code_challenge_method", ""}, "invalid_request"},
		{"plain", []string{"code_challenge_method", "plain"}, "invalid_request"},
	}
	w := newWorld(t, accountserver.Config{})
	for _, test := range tests {
		if a := w.get(authorizePath(test.changes...)); a.location(t).Path != "/login" {
			t.Errorf("%s: refused before the sign-in", test.name)
		}
	}
	w.signIn(ada)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := w.get(authorizePath(test.changes...))
			if test.code == "" {
				if a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
					t.Fatalf("status %d to %q, want a page", a.StatusCode, a.Header.Get("Location"))
				}
				return
			}
			query := a.location(t).Query()
			if query.Get("error") != test.code || query.Get("error_description") == "" || len(query) != 2 {
				t.Fatalf("callback with %v", query)
			}
		})
	}
}

func TestAcceptsTheFourRegisteredAddresses(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	w.signIn(ada)
	for _, host := range []string{"127.0.0.1:24816", "127.0.0.1:24818", "localhost:24816", "localhost:24818"} {
		a := w.get(authorizePath("redirect_uri", "http://"+host+"/auth/callback"))
		if got := a.location(t); got.Host != host || got.Query().Get("code") == "" {
			t.Errorf("%s: sent to %s", host, got.Host)
		}
	}
}

func TestCancelCallsBackWithoutState(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	login := strings.Replace(authorizePath(), accountserver.AuthorizePath, "/login", 1)
	query := w.form(login, "cancel", "1").location(t).Query()
	if query.Get("error") != "access_denied" || query.Has("state") {
		t.Errorf("callback with %v", query)
	}
	hostile := strings.Replace(authorizePath("redirect_uri", "https://evil.example/"), accountserver.AuthorizePath, "/login", 1)
	if a := w.form(hostile, "cancel", "1"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("cancel with another address: status %d", a.StatusCode)
	}
}

func TestRevokeAllSignsTheBrowserOut(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	w.signIn(ada)
	w.RevokeAll(ada)
	if got := w.get(authorizePath()).location(t); got.Path != "/login" {
		t.Error("RevokeAll left a session")
	}
}

func TestWalkSignInEndsAtTheProgramsPage(t *testing.T) {
	var got url.Values
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query()
		w.WriteHeader(http.StatusTeapot)
		w.Write([]byte("done"))
	}))
	defer program.Close()
	redirect := program.URL + "/auth/callback"
	w := newWorld(t, accountserver.Config{RedirectURIs: []string{redirect}})
	address := w.origin + authorizePath("redirect_uri", redirect)
	page, err := accountserver.WalkSignIn(t.Context(), address, grace)
	if err != nil || page.Status != http.StatusTeapot || page.Body != "done" || page.URL.Path != "/auth/callback" {
		t.Fatalf("status %d, %v", page.Status, err)
	}
	code := got.Get("code")
	a := w.exchange(code, "redirect_uri", redirect)
	if claims := idClaims(t, a.json(t)["id_token"].(string)); claims["email"] != grace {
		t.Errorf("signed in as %v", claims["email"])
	}
	if _, err := accountserver.WalkSignIn(t.Context(), address, accountserver.Cancel); err != nil || got.Get("error") != "access_denied" {
		t.Errorf("cancel: %v, callback error %q", err, got.Get("error"))
	}
	program.Close()
	_, err = accountserver.WalkSignIn(t.Context(), address, ada)
	if err == nil || strings.Contains(err.Error(), "code=") {
		t.Errorf("after the program ended: %v", err)
	}
}
