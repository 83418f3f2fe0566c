package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func (s *fakeService) clientAt(now time.Time) *Client {
	c := s.client()
	c.Now = func() time.Time { return now }
	return c
}

func TestRefresh(t *testing.T) {
	s := newService(t)
	s.token = answerWithHeader(200, "Content-Type: application/json", `{"access_token":"a2","token_type":"bearer","expires_in":3600,"refresh_token":"`+markRotated+`"}`)
	g, err := s.clientAt(testNow).Refresh(context.Background(), markRefresh)
	if err != nil {
		t.Fatal(err)
	}
	if g.Token.AccessToken != "a2" || g.Token.RefreshToken != markRotated || g.Token.TokenType != "Bearer" ||
		!g.Token.Expiry.Equal(testNow.Add(time.Hour)) || g.Scopes != nil || g.Issuer != s.URL {
		t.Error("wrong grant")
	}
	form := s.requests()[0]
	if form.Get("grant_type") != "refresh_token" || form.Get("client_id") != "mogplex-cli" || form.Get("refresh_token") != markRefresh {
		t.Error("wrong form")
	}
	s.token = answerWith(200, `{"access_token":"a3"}`)
	if g, err = s.client().Refresh(context.Background(), markRefresh); err != nil || g.Token.RefreshToken != markRefresh {
		t.Errorf("the grant lacks the old refresh token: %v", err)
	}
	if _, err = s.client().Refresh(context.Background(), ""); !errors.Is(err, ErrInvalidGrant) {
		t.Errorf("err = %v", err)
	}
}

func TestExpiresIn(t *testing.T) {
	year := 365 * 24 * time.Hour
	for text, want := range map[string]time.Duration{
		`3600`: time.Hour, `"3600"`: time.Hour, `3600.0`: time.Hour, `" 3600 "`: time.Hour, `3.6e3`: time.Hour, `3600.9`: time.Hour,
		`null`: 0, `0`: 0, `-1`: 0, `-1e300`: 0, `"soon"`: 0, `""`: 0, `"NaN"`: 0, `"Inf"`: 0, `{}`: 0, `[1]`: 0, `true`: 0, `1e-300`: 0,
		`1e300`: 10 * year, `1e999`: 10 * year, `"1e999"`: 10 * year, `99999999999999999999`: 10 * year, `2147483648`: 10 * year,
	} {
		s := newService(t)
		s.token = answerWith(200, `{"access_token":"a","expires_in":`+text+`}`)
		g, err := s.clientAt(testNow).Refresh(context.Background(), "r")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got time.Duration
		if !g.Token.Expiry.IsZero() {
			got = g.Token.Expiry.Sub(testNow)
		}
		if got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// No RFC names a refresh token's lifetime; services have two names for it.
func TestSignInExpiresAt(t *testing.T) {
	for fields, want := range map[string]time.Duration{
		`"refresh_token":"r","refresh_token_expires_in":7200`:                        2 * time.Hour,
		`"refresh_token":"r","refresh_expires_in":"7200"`:                            2 * time.Hour,
		`"refresh_token":"r","refresh_token_expires_in":7200,"refresh_expires_in":1`: 2 * time.Hour,
		`"refresh_token":"r","refresh_expires_in":1e300`:                             10 * 365 * 24 * time.Hour,
		`"refresh_token":"r","refresh_expires_in":0`:                                 0, // Keycloak's offline session
		`"refresh_token":"r"`:             0,
		`"refresh_token_expires_in":7200`: 2 * time.Hour, // of the old one, which stays valid
	} {
		s := newService(t)
		s.token = answerWith(200, `{"access_token":"a",`+fields+`}`)
		g, err := s.clientAt(testNow).Refresh(t.Context(), "old")
		if err != nil {
			t.Fatal(err)
		}
		if got := g.SignInExpiresAt; want == 0 && !got.IsZero() || want != 0 && !got.Equal(testNow.Add(want)) {
			t.Errorf("%s: %v", fields, got)
		}
	}
}

func TestTokenAnswers(t *testing.T) {
	leak := `"access_token":"` + markAccess + `","refresh_token":"` + markRotated + `"`
	for _, c := range []struct {
		name, header, body string
		status             int
		want               error
		code, description  string
		retryAfter         time.Duration
	}{
		{"invalid_grant with 401", "", `{"error":"invalid_grant","error_description":"invalid refresh token"}`, 401, ErrInvalidGrant, "invalid_grant", "invalid refresh token", 0},
		{"invalid_grant with 400", "", `{"error":"invalid_grant"}`, 400, ErrInvalidGrant, "invalid_grant", "", 0},
		{"invalid_grant with 200", "", `{"error":"invalid_grant"}`, 200, ErrInvalidGrant, "invalid_grant", "", 0},
		{"invalid_client", "", `{"error":"invalid_client"}`, 401, ErrRefused, "invalid_client", "", 0},
		{"secret in the description", "", `{"error":"x","error_description":"token ` + markRefresh + ` is bad"}`, 400, ErrRefused, "x", "", 0},
		{"secret as the code", "", `{"error":"` + markRefresh + `"}`, 400, ErrRefused, "", "", 0},
		{"long code", "", `{"error":"unmet_authentication_requirements"}`, 400, ErrRefused, "unmet_authentication_requirements", "", 0},
		{"another secret as the code", "", `{"error":"` + strings.Repeat("aB3_", 8) + `"}`, 400, ErrRefused, "", "", 0},
		{"encoded secret in the description", "", `{"error":"x","error_description":"` + strings.Repeat("TUFS", 12) + `"}`, 400, ErrRefused, "x", "", 0},
		{"escapes in the description", "", `{"error":"x","error_description":"a\u001b[31mb\u0000\u202ec\n d"}`, 400, ErrRefused, "x", "abc d", 0},
		{"odd code", "", `{"error":"a\nb"}`, 400, ErrRefused, "", "", 0},
		{"error and token", "", `{"error":"x","error_description":"` + markAccess + `",` + leak + `}`, 200, ErrRefused, "x", "", 0},
		{"JSON without error", "", `{"message":"` + markRefresh + `"}`, 403, ErrRefused, "", "", 0},
		{"401 without body", "", ``, 401, ErrRefused, "", "", 0},
		{"429 with Retry-After", "Retry-After: 7", `{"message":"slow"}`, 429, ErrRateLimited, "", "", 7 * time.Second},
		{"429 for ever", "Retry-After: 1e99", ``, 429, ErrRateLimited, "", "", time.Hour},
		{"500", "", `{"error":"server_error"}`, 500, ErrUnreachable, "server_error", "", 0},
		{"503", "Retry-After: 3", ``, 503, ErrUnreachable, "", "", 3 * time.Second},
		{"captive portal page", "Content-Type: text/html", `<html>` + markRefresh, 200, ErrUnreachable, "", "", 0},
		{"captive portal redirect", "Location: http://portal.example/?t=" + markRefresh, ``, 302, ErrUnreachable, "", "", 0},
		{"malformed redirect", "Location: http://[" + markRefresh, ``, 307, ErrUnreachable, "", "", 0},
		{"HTML with 403", "Content-Type: text/html", `<html>` + markRefresh, 403, ErrUnreachable, "", "", 0},
		{"nothing there", "", `{"message":"not found"}`, 404, ErrUnreachable, "", "", 0},
		{"cut off", "", `{` + leak, 200, ErrUnreachable, "", "", 0},
		{"connection lost", "Content-Length: 4000", `{` + leak, 200, ErrUnreachable, "", "", 0},
		{"trailing rubbish", "", `{` + leak + `}{`, 200, ErrUnreachable, "", "", 0},
		{"too large", "", `{` + leak + `,"x":"` + strings.Repeat("a", maxBody) + `"}`, 200, ErrUnreachable, "", "", 0},
		{"array", "", `[` + markAccess + `]`, 200, ErrUnreachable, "", "", 0},
		{"null", "", `null`, 200, ErrUnreachable, "", "", 0},
		{"no access token", "", `{"refresh_token":"` + markRotated + `"}`, 200, ErrBadAnswer, "", "", 0},
		{"token of another type", "", `{` + leak + `,"token_type":"DPoP"}`, 200, ErrBadAnswer, "", "", 0},
		{"token with a line break", "", `{"access_token":"` + markAccess + `\n"}`, 200, ErrBadAnswer, "", "", 0},
		{"token with a space", "", `{"access_token":"` + markAccess + ` x"}`, 200, ErrBadAnswer, "", "", 0},
		{"refresh token with NUL", "", `{"access_token":"a","refresh_token":"` + markRotated + `\u0000"}`, 200, ErrBadAnswer, "", "", 0},
		{"token that is a number", "", `{"access_token":12345678}`, 200, ErrBadAnswer, "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newService(t)
			s.token = answerWithHeader(c.status, c.header, c.body)
			g, err := s.clientAt(testNow).Refresh(context.Background(), markRefresh)
			var e *Error
			if g != nil || !errors.As(err, &e) || !errors.Is(err, c.want) {
				t.Fatalf("err = %v, want %v", err, c.want)
			}
			if e.Op != opRefresh || e.Status != c.status || e.Code != c.code || e.Description != c.description || e.RetryAfter != c.retryAfter {
				t.Errorf("error %+v: status %d, code %q, description %q, retry after %v", e, e.Status, e.Code, e.Description, e.RetryAfter)
			}
			checkNoSecret(t, err)
		})
	}
}

// JSON sent as text/plain is read as JSON, not as the form that x/oauth2 expects.
func TestContentTypeDoesNotMatter(t *testing.T) {
	s := newService(t)
	s.token = answerWithHeader(200, "Content-Type: text/plain", `{"access_token":"a"}`)
	if g, err := s.client().Refresh(context.Background(), "r"); err != nil || g.Token.AccessToken != "a" {
		t.Errorf("err = %v", err)
	}
}

func TestAGrantPrintsRedacted(t *testing.T) {
	s := newService(t)
	g, err := s.client().Refresh(context.Background(), markRefresh)
	if err != nil {
		t.Fatal(err)
	}
	checkNoSecret(t, g)
	checkNoSecret(t, *g)
	checkNoSecret(t, struct{ G *Grant }{g})
	checkNoSecret(t, []Grant{*g})
	j, err := json.Marshal(map[string]any{"p": g, "v": *g})
	if err != nil || strings.Contains(string(j), "MARK-") {
		t.Errorf("JSON %s, %v", j, err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "g", g, "v", *g)
	if strings.Contains(log.String(), "MARK-") || !strings.Contains(log.String(), redacted) {
		t.Errorf("log %s", log.String())
	}
	if got := fmt.Sprintf("%x %d %s", g, g, g.GoString()); strings.ReplaceAll(got, redacted, "") != "  " {
		t.Errorf("formatted %s", got)
	}
}

func TestIdentity(t *testing.T) {
	for text, want := range map[string]Identity{
		idToken(`{"sub":"u","email":"a@b","name":"A B"}`):                                         {"u", "a@b", "A B"},
		idToken(`{"sub":1,"email":null,"name":"A"}`):                                              {"", "", "A"},
		idToken(`{"name":"A\u0000\u001b[31mD\u001b]0;title\u0007A\u202e\u200b \t\n x\u009b1mL"}`): {"", "", "ADA xL"},
		idToken(`{"name":"` + strings.Repeat("é", 500) + `"}`):                                    {"", "", strings.Repeat("é", 127) + "…"},
		"": {}, "a.b": {}, "a.!!.c": {}, idToken(`[]`): {}, idToken(`{`): {},
	} {
		if got := identity(text); got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestScopes(t *testing.T) {
	if got := scopes("read  write \x00 a\"b é\nx"); !reflect.DeepEqual(got, []string{"read", "write", "x"}) {
		t.Errorf("%q", got)
	}
}

// errors.As finds the failures that pass as the type of the other HTTP clients, and no others.
func TestErrorAs(t *testing.T) {
	for kind, want := range map[error]bool{ErrRateLimited: true, ErrUnreachable: true, ErrRefused: false, ErrInvalidGrant: false} {
		err := fmt.Errorf("renew: %w", &Error{Op: opRefresh, Kind: kind, Status: 429, RetryAfter: time.Second})
		var failed *web.Error
		if got := errors.As(err, &failed); got != want || got && (failed.RetryAfter != time.Second || failed.Status != 429) {
			t.Errorf("%v: %v, %+v", kind, got, failed)
		}
	}
}
