package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Type is a credential's kind.
type Type string

// The kinds of credential.
const (
	OAuth  Type = "oauth"   // an access token, usually with a refresh token
	PAT    Type = "pat"     // a personal access token of the account service
	APIKey Type = "api_key" // a provider's key
)

// Account is who an OAuth credential or personal access token belongs to. It is
// what the service said of itself, for display only.
type Account struct {
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// Credential is one way to authenticate. Its secrets print as "[redacted]".
type Credential struct {
	Provider  string
	Type      Type
	Token     Secret    // the access token, personal access token or key
	Refresh   Secret    // OAuth only; zero where there is none
	ExpiresAt time.Time // OAuth only; zero where it is not known
	SavedAt   time.Time // of the stored copy; zero where it is not known
	Scopes    []string
	Issuer    string // origin of the service that issued it; empty where it is not known
	Account   Account
	unknown   Secret // a JSON object: fields of a later version, kept
}

// ErrDamaged is a stored entry that can't be read. The entry is not quoted.
var ErrDamaged = errors.New("the stored credential is damaged")

// entry is the stored form: the same in the keychain and in auth.json.
type entry struct {
	Type         Type       `json:"type"`
	AccessToken  string     `json:"access_token,omitempty"`
	RefreshToken string     `json:"refresh_token,omitempty"`
	Token        string     `json:"token,omitempty"`
	Key          string     `json:"key,omitempty"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"`
	Scopes       []string   `json:"scopes,omitempty"`
	Issuer       string     `json:"issuer,omitempty"`
	Account      *Account   `json:"account,omitempty"`
	SavedAt      *time.Time `json:"saved_at,omitempty"`
}

var entryFields = []string{"type", "access_token", "refresh_token", "token", "key", "expires_at", "scopes", "issuer", "account", "saved_at"}

// Decode reads a provider's stored entry. Every failure is ErrDamaged.
func Decode(provider string, data []byte) (Credential, error) {
	var e entry
	unknown, err := unknownFields(data)
	if err != nil || json.Unmarshal(data, &e) != nil {
		return Credential{}, ErrDamaged
	}
	c := Credential{Provider: provider, Type: e.Type, Scopes: e.Scopes, Issuer: e.Issuer, unknown: unknown}
	switch e.Type {
	case OAuth:
		c.Token, c.Refresh = usable(e.AccessToken), usable(e.RefreshToken)
	case PAT:
		c.Token = usable(e.Token)
	case APIKey:
		c.Token = usable(e.Key)
	}
	if c.Token.IsZero() && c.Refresh.IsZero() {
		return Credential{}, ErrDamaged
	}
	if e.ExpiresAt != nil {
		c.ExpiresAt = *e.ExpiresAt
	}
	if e.SavedAt != nil {
		c.SavedAt = *e.SavedAt
	}
	if e.Account != nil {
		c.Account = *e.Account
	}
	return c, nil
}

// unknownFields returns the members of an entry that this version does not
// know. Names match as encoding/json matches them, whatever their case: one
// that was read as known must not be written a second time.
func unknownFields(data []byte) (Secret, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return Secret{}, err
	}
	maps.DeleteFunc(fields, func(name string, _ json.RawMessage) bool {
		return slices.ContainsFunc(entryFields, func(known string) bool { return strings.EqualFold(known, name) })
	})
	if len(fields) == 0 {
		return Secret{}, nil
	}
	text, err := json.Marshal(fields)
	return NewSecret(string(text)), err
}

// usable wraps a token that can go into a header and onto one line. Any other
// is none: the one beside it may still do.
func usable(text string) Secret {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return Secret{}
	}
	return NewSecret(text)
}

// Encode writes the stored form: canonical, so that equal credentials have
// equal bytes. It fails where Decode could not read the result, which holds
// secrets.
func (c Credential) Encode() ([]byte, error) {
	token, refresh := usable(c.Token.Reveal()), usable(c.Refresh.Reveal())
	if token.IsZero() && (refresh.IsZero() || c.Type != OAuth) {
		return nil, fmt.Errorf("store %s credential: there is no usable token in it", c.Provider)
	}
	e := entry{Type: c.Type, Scopes: c.Scopes, Issuer: c.Issuer, ExpiresAt: stored(c.ExpiresAt), SavedAt: stored(c.SavedAt)}
	switch c.Type {
	case OAuth:
		e.AccessToken, e.RefreshToken = c.Token.Reveal(), c.Refresh.Reveal()
	case PAT:
		e.Token = c.Token.Reveal()
	case APIKey:
		e.Key = c.Token.Reveal()
	default:
		return nil, fmt.Errorf("store %s credential: its type is not known", c.Provider)
	}
	if c.Account != (Account{}) {
		e.Account = &c.Account
	}
	known, err := json.Marshal(e)
	if err != nil || c.unknown.IsZero() {
		return known, err
	}
	return append(append(known[:len(known)-1], ','), c.unknown.Reveal()[1:]...), nil
}

// stored is a time as it is written; nil where it is not known, or where
// RFC 3339 has no year for it, which must not keep a token from being stored.
func stored(t time.Time) *time.Time {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return &t
}

// Expired reports whether the token is past its known end.
func (c Credential) Expired(now time.Time) bool { return !c.livesUntil(now) }

// livesUntil reports whether the token is still good at t as far as is known.
func (c Credential) livesUntil(t time.Time) bool {
	return !c.Token.IsZero() && (c.ExpiresAt.IsZero() || t.Before(c.ExpiresAt))
}

// margin is how long before its end the token is due: minTTL, or half its life
// where it was issued for no longer than that. Each call would else renew it.
// One that was saved after its end was so by another clock: its life is not
// known.
func (c Credential) margin(minTTL time.Duration) time.Duration {
	if life := c.ExpiresAt.Sub(c.SavedAt); 0 < life && life <= minTTL {
		return life / 2
	}
	return minTTL
}

// Refreshable reports whether the account service can renew it. Another
// provider's refresh token, as auth.json may hold one, is never sent there.
func (c Credential) Refreshable() bool {
	return c.Provider == Mogplex && c.Type == OAuth && !c.Refresh.IsZero()
}
