package accountserver_test

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestTokenErrorTable(t *testing.T) {
	code, refresh := "authorization_code", "refresh_token"
	tests := []struct {
		name   string
		form   []string // changes to a valid code exchange; an empty value removes a field
		status int
		code   string
		burnt  bool // the code is invalid afterwards
	}{
		{"no grant type", []string{"grant_type", ""}, 400, "invalid_request", false},
		{"unknown grant", []string{"grant_type", "password"}, 400, "unsupported_grant_type", false},
		{"device grant not offered", []string{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type", false},
		{"no code", []string{"grant_type", code, "code", ""}, 400, "invalid_request", false},
		{"no verifier", []string{"code_verifier", ""}, 400, "invalid_request", false},
		{"unknown code", []string{"code", "nonsense"}, 401, "invalid_grant", false},
		{"no client", []string{"client_id", ""}, 401, "invalid_client", true},
		{"other client", []string{"client_id", "other"}, 401, "invalid_client", true},
		{"no redirect", []string{"redirect_uri", ""}, 400, "invalid_request", true},
		{"wrong redirect", []string{"redirect_uri", "http://127.0.0.1:24818/auth/callback"}, 401, "invalid_client", true},
		{"wrong verifier", []string{"code_verifier", verifier + "x"}, 401, "invalid_request", true},
		{"no refresh token", []string{"grant_type", refresh}, 400, "invalid_request", false},
		{"unknown refresh token", []string{"grant_type", refresh, "refresh_token", "nonsense"}, 401, "invalid_grant", false},
	}
	w := newWorld(t, accountserver.Config{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code := w.code()
			a := w.exchange(code, test.form...)
			got := a.json(t)
			if a.StatusCode != test.status || got["error"] != test.code || got["error_description"] == "" || len(got) != 2 {
				t.Errorf("status %d, error %v", a.StatusCode, got["error"])
			}
			want := http.StatusOK
			if test.burnt {
				want = http.StatusUnauthorized
			}
			if again := w.exchange(code); again.StatusCode != want {
				t.Errorf("the code afterwards: status %d, want %d", again.StatusCode, want)
			}
		})
	}
}

func TestCodeIsValidOnceAndForTenMinutes(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	code := w.code()
	if a := w.exchange(code); a.StatusCode != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d", a.StatusCode)
	}
	if a := w.exchange(code); a.StatusCode != 401 || a.json(t)["error"] != "invalid_grant" {
		t.Errorf("used twice: status %d", a.StatusCode)
	}
	code = w.code()
	w.Advance(10 * time.Minute)
	if a := w.exchange(code); a.StatusCode != 401 || a.json(t)["error"] != "invalid_grant" {
		t.Errorf("expired: status %d", a.StatusCode)
	}
}

func TestRefusesBasicAuthWithAnEmptySecret(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	_, refresh := w.IssueTokens(ada)
	form := values("grant_type", "refresh_token", "refresh_token", refresh).Encode()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(accountserver.ClientID+":"))
	a := w.do(http.MethodPost, accountserver.TokenPath, form,
		"Content-Type", "application/x-www-form-urlencoded", "Authorization", basic)
	if a.StatusCode != 401 || a.json(t)["error"] != "invalid_client" {
		t.Errorf("status %d", a.StatusCode)
	}
	if !w.RefreshValid(refresh) {
		t.Error("the refresh token was used")
	}
}

func TestTokenAnswerFollowsItsScopes(t *testing.T) {
	base62 := regexp.MustCompile(`^[0-9A-Za-z]{32}$`)
	w := newWorld(t, accountserver.Config{})
	full := w.exchange(w.code()).json(t)
	if full["token_type"] != "Bearer" || full["expires_in"] != 3600.0 || full["scope"] != "openid profile email offline_access read write" {
		t.Errorf("type %v, expires_in %v, scope %v", full["token_type"], full["expires_in"], full["scope"])
	}
	if !base62.MatchString(full["access_token"].(string)) || !base62.MatchString(full["refresh_token"].(string)) {
		t.Error("tokens are not 32 base62 characters")
	}
	claims := idClaims(t, full["id_token"].(string))
	if claims["sub"] != "usr_ada" || claims["email"] != ada || claims["name"] != "Ada Lovelace" || claims["iss"] != nil {
		t.Errorf("claims %v", claims)
	}
	bare := w.exchange(w.code("scope", "read")).json(t)
	if bare["refresh_token"] != nil || bare["id_token"] != nil || bare["scope"] != "read" {
		t.Error("scope read issued a refresh token, an id_token or another scope")
	}
	if none := w.exchange(w.code("scope", "")).json(t); none["scope"] != "openid" {
		t.Errorf("without a scope: %v", none["scope"])
	}
}

func TestRefreshRotates(t *testing.T) {
	for _, strict := range []bool{false, true} {
		w := newWorld(t, accountserver.Config{StrictRotation: strict})
		access, first := w.IssueTokens(ada)
		got := w.form(accountserver.TokenPath, "grant_type", "refresh_token", "refresh_token", first,
			"client_id", accountserver.ClientID, "scope", "read").json(t)
		second, newAccess := got["refresh_token"].(string), got["access_token"].(string)
		if second == first || got["token_type"] != "bearer" || got["id_token"] != nil || got["scope"] == "read" {
			t.Fatalf("strict %v: type %v, scope %v", strict, got["token_type"], got["scope"])
		}
		if w.RefreshValid(first) == strict || !w.RefreshValid(second) || !w.Valid(newAccess) {
			t.Fatalf("strict %v: wrong tokens are valid", strict)
		}
		reuse := w.refreshGrant(first)
		if !strict {
			if reuse.StatusCode != http.StatusOK {
				t.Errorf("old refresh token: status %d", reuse.StatusCode)
			}
			continue
		}
		if reuse.StatusCode != 401 || reuse.json(t)["error"] != "invalid_grant" {
			t.Errorf("reuse: status %d", reuse.StatusCode)
		}
		if w.RefreshValid(second) || w.Valid(access) || w.Valid(newAccess) {
			t.Error("reuse left tokens of the sign-in valid")
		}
		if a := w.refreshGrant(second); a.StatusCode != 401 {
			t.Errorf("the latest refresh token: status %d", a.StatusCode)
		}
	}
}

func TestReuseRevokesOnlyItsOwnSignIn(t *testing.T) {
	w := newWorld(t, accountserver.Config{StrictRotation: true})
	_, one := w.IssueTokens(ada)
	access, other := w.IssueTokens(ada)
	w.refreshGrant(one)
	w.refreshGrant(one)
	if !w.Valid(access) || !w.RefreshValid(other) {
		t.Error("another sign-in of the account was revoked")
	}
}

func TestLifetimes(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	access, refresh := w.IssueTokens(ada)
	w.Advance(time.Hour)
	if w.Valid(access) || !w.RefreshValid(refresh) {
		t.Error("wrong tokens are valid after an hour")
	}
	w.Advance(29 * 24 * time.Hour)
	got := w.refreshGrant(refresh).json(t)
	w.Advance(2 * 24 * time.Hour)
	if a := w.refreshGrant(refresh); a.StatusCode != 401 || a.json(t)["error"] != "invalid_grant" {
		t.Errorf("refresh token older than 30 days: status %d", a.StatusCode)
	}
	if !w.RefreshValid(got["refresh_token"].(string)) {
		t.Error("the new refresh token is not valid for 30 days")
	}
	pat := w.IssuePAT(ada)
	access, refresh = w.IssueTokens(ada)
	w.ExpireAccess()
	if w.Valid(access) || !w.RefreshValid(refresh) || !w.Valid(pat) {
		t.Error("wrong tokens are valid after ExpireAccess")
	}
	w.RevokeAll(ada)
	if w.RefreshValid(refresh) || w.Valid(pat) {
		t.Error("tokens are valid after RevokeAll")
	}
}

func TestRevocation(t *testing.T) {
	w := newWorld(t, accountserver.Config{OfferRevocation: true})
	access, refresh := w.IssueTokens(ada)
	revoke := func(token, client string) int {
		t.Helper()
		return w.form(accountserver.RevokePath, "token", token, "client_id", client).StatusCode
	}
	if got := revoke(access, "other"); got != 401 || !w.Valid(access) {
		t.Errorf("another client: status %d", got)
	}
	if got := revoke("", accountserver.ClientID); got != 400 {
		t.Errorf("no token: status %d", got)
	}
	if got := revoke("nonsense", accountserver.ClientID); got != 200 {
		t.Errorf("unknown token: status %d", got)
	}
	if got := revoke(access, accountserver.ClientID); got != 200 || w.Valid(access) || !w.RefreshValid(refresh) {
		t.Errorf("access token: status %d", got)
	}
	renewed := w.refreshGrant(refresh).json(t)["access_token"].(string)
	if got := revoke(refresh, accountserver.ClientID); got != 200 || w.RefreshValid(refresh) || w.Valid(renewed) {
		t.Errorf("refresh token: status %d", got)
	}
}
