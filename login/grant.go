package login

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
)

// Grant holds the granted tokens. It prints, logs and marshals as
// "[redacted]"; store its fields one by one. Token itself is not protected: fmt
// and json show it if they are given Token, and fmt does if a Grant is an
// unexported field of a struct, where fmt can't call its methods.
type Grant struct {
	// Token has an access token and the type Bearer. Its RefreshToken is empty
	// if the service gave none: such a sign-in can't be renewed and ends at
	// Expiry, which a program should say at once. Its Expiry is at most ten years
	// ahead, and zero if the service gave no lifetime or one that is not
	// positive: use the token until it is refused then, and don't refresh it.
	Token *oauth2.Token
	// SignInExpiresAt is when the refresh token expires unless it is used before:
	// until then the sign-in can be renewed. It is at most ten years ahead, and
	// zero if the service does not say (refresh_token_expires_in, or Keycloak's
	// refresh_expires_in) or gave no refresh token.
	SignInExpiresAt time.Time
	// Scopes are those granted; nil after a refresh whose answer names none,
	// which means unchanged (RFC 6749 section 6).
	Scopes []string
	// Issuer is the origin that issued Token, and the only one to send it to.
	Issuer string
	// Identity is the zero value if the answer has none, as after a refresh.
	Identity Identity
}

// Identity holds the account's claims in the id_token. They are not verified: show
// them, but decide nothing by them. They are safe to print.
type Identity struct {
	Subject, Email, Name string
}

const redacted = "[redacted]"

// String returns "[redacted]".
func (Grant) String() string { return redacted }

// GoString returns "[redacted]".
func (Grant) GoString() string { return redacted }

// Format writes "[redacted]" for every verb.
func (Grant) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns "[redacted]".
func (Grant) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON returns "[redacted]" as a JSON string.
func (Grant) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns "[redacted]", for the other encodings.
func (Grant) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// newGrant makes a Grant of a token that answerReader passed. requested is when
// the request was sent, so that Expiry errs on the early side.
func newGrant(t *oauth2.Token, issuer string, requested time.Time) *Grant {
	g := &Grant{Issuer: issuer, Token: &oauth2.Token{
		AccessToken:  t.AccessToken,
		TokenType:    "Bearer",
		RefreshToken: t.RefreshToken,
	}}
	g.Token.Expiry = after(requested, t.ExpiresIn)
	for _, key := range refreshLifetimes {
		if n, ok := t.Extra(key).(float64); ok && t.RefreshToken != "" && g.SignInExpiresAt.IsZero() {
			g.SignInExpiresAt = after(requested, int64(n))
		}
	}
	if scope, ok := t.Extra("scope").(string); ok {
		g.Scopes = scopes(scope)
	}
	if idToken, ok := t.Extra("id_token").(string); ok {
		g.Identity = identity(idToken)
	}
	return g
}

// refreshLifetimes are the fields, none of them standard, in which services send a
// refresh token's lifetime in seconds.
var refreshLifetimes = []string{"refresh_token_expires_in", "refresh_expires_in"}

// after returns the end of a lifetime, zero if there is none. It strips the
// monotonic clock, which stops while a machine sleeps.
func after(requested time.Time, lifetime int64) time.Time {
	if lifetime <= 0 {
		return time.Time{}
	}
	return requested.Add(time.Duration(lifetime) * time.Second).Round(0).UTC()
}

// scopes returns the scope tokens (RFC 6749 section 3.3) of an answer's scope;
// nil if there are none.
func scopes(s string) []string {
	const maxScopes, maxScope = 64, 128
	var all []string
	for scope := range strings.FieldsSeq(s) {
		if len(all) < maxScopes && len(scope) <= maxScope && web.VisibleASCII(scope) && !strings.ContainsAny(scope, `"\`) {
			all = append(all, scope)
		}
	}
	return all
}

// identity reads the claims of an id_token without verifying it. It returns empty
// fields for unreadable ones, because a sign-in does not need a name.
func identity(idToken string) Identity {
	_, rest, _ := strings.Cut(idToken, ".")
	payload, _, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(payload, "="))
	if err != nil {
		return Identity{}
	}
	var claims struct{ Sub, Email, Name any }
	if json.Unmarshal(raw, &claims) != nil {
		return Identity{}
	}
	printable := func(v any, limit int) string {
		s, _ := v.(string)
		return text.Shorten(text.Line(s), limit)
	}
	return Identity{
		Subject: printable(claims.Sub, 255),
		Email:   printable(claims.Email, 254),
		Name:    printable(claims.Name, 128),
	}
}
