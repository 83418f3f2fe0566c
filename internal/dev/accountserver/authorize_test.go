package accountserver_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestAPersonSignsInAndComesBackByThemselves(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	sent := w.get(authorizePath("nonce", "n-1"))
	login := sent.location(t)
	if sent.StatusCode != http.StatusFound || login.Path != "/login" || login.Query().Get("state") != "s+t&a=te" {
		t.Fatalf("signed out: status %d to %s", sent.StatusCode, login)
	}
	page := w.get(login.RequestURI())
	for _, part := range []string{"Sign in as Ada Lovelace", `type="password"`, `name="cancel"`} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the login page has no %s", part)
		}
	}
	if wrong := w.form(login.RequestURI(), "email", ada, "password", "wrong"); wrong.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong password: status %d", wrong.StatusCode)
	}
	back := w.form(login.RequestURI(), "email", ada, "password", "lovelace")
	cookie := back.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure {
		t.Errorf("session cookie: %s", cookie)
	}
	query := w.get(back.location(t).RequestURI()).location(t).Query()
	if len(query) != 2 || query.Get("state") != "s+t&a=te" {
		t.Fatalf("the callback carries %v", query)
	}
	got := w.exchange(query.Get("code")).json(t)
	if claims := idClaims(t, got["id_token"].(string)); claims["nonce"] != nil {
		t.Error("a nonce survived the login page")
	}
	again := w.get(authorizePath("prompt", "select_account", "nonce", "n-2"))
	if again.location(t).Host != "127.0.0.1:24816" {
		t.Error("someone signed in did not come straight back")
	}
	direct := w.exchange(again.location(t).Query().Get("code")).json(t)
	if claims := idClaims(t, direct["id_token"].(string)); claims["nonce"] != "n-2" {
		t.Error("a nonce got lost without a login page")
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

func TestRefusalsSaidOnThePageOrByACallbackWithoutState(t *testing.T) {
	tests := []struct {
		name    string
		changes []string
		code    string // of the error callback; "" is a page and no callback
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
				t.Fatalf("the callback carries %v", query)
			}
		})
	}
}

func TestTheFourRedirectAddressesAreAccepted(t *testing.T) {
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
		t.Errorf("the callback carries %v", query)
	}
	hostile := strings.Replace(authorizePath("redirect_uri", "https://evil.example/"), accountserver.AuthorizePath, "/login", 1)
	if a := w.form(hostile, "cancel", "1"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("cancel with another address: status %d", a.StatusCode)
	}
}

func TestSessionsEndAndSignOut(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	w.signIn(ada)
	w.form("/logout")
	if got := w.get(authorizePath()).location(t); got.Path != "/login" {
		t.Error("signing out left a session")
	}
	w.signIn(ada)
	w.Advance(8 * 24 * time.Hour)
	if got := w.get(authorizePath()).location(t); got.Path != "/login" {
		t.Error("a session outlived its time")
	}
	w.signIn(ada)
	w.RevokeAll(ada)
	if got := w.get(authorizePath()).location(t); got.Path != "/login" {
		t.Error("RevokeAll left a session")
	}
}

func TestFormsAreNotTakenFromOtherSites(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	for _, path := range []string{"/login", "/logout", "/device", "/settings/api-keys"} {
		if a := w.do(http.MethodPost, path, "", "Sec-Fetch-Site", "cross-site"); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
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
		t.Fatalf("ended with status %d, %v", page.Status, err)
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
		t.Errorf("a program that is gone: %v", err)
	}
}
