package auth

import (
	"errors"
	"fmt"
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

// Account is the owner of an OAuth credential or personal access token, as the
// service reported it. It is for display only.
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
	Refresh   Secret    // OAuth only; zero if there is none
	ExpiresAt time.Time // OAuth only; zero if unknown
	SavedAt   time.Time // for people to read; zero if unknown
	Scopes    []string
	Issuer    string // origin of the service that issued it; empty if unknown
	Account   Account
	// SignInExpiresAt is the end of the sign-in itself; zero if unknown.
	SignInExpiresAt time.Time
}

// usable wraps a token that can be sent in an HTTP header. For any other text it
// returns the zero Secret, because the entry's other token may still be usable.
func usable(text string) Secret {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return Secret{}
	}
	return NewSecret(text)
}

// Expired reports whether there is no token, or its known expiry has passed.
func (c Credential) Expired(now time.Time) bool { return !c.livesUntil(now) }

// livesUntil reports whether the token is still valid at t, as far as is known.
func (c Credential) livesUntil(t time.Time) bool {
	return !c.Token.IsZero() && (c.ExpiresAt.IsZero() || t.Before(c.ExpiresAt))
}

// margin is how long before its expiry the token is due: minTTL, or half its life if
// it was issued for no longer than minTTL, because each call would otherwise renew
// it. A token saved after its expiry has an unknown life: the clock was wrong.
func (c Credential) margin(minTTL time.Duration) time.Duration {
	if life := c.ExpiresAt.Sub(c.SavedAt); 0 < life && life <= minTTL {
		return life / 2
	}
	return minTTL
}

// Refreshable reports whether the account service can renew the credential. A
// refresh token of another provider, which auth.json may hold, is never sent there.
func (c Credential) Refreshable() bool {
	return c.Provider == Mogplex && c.Type == OAuth && !c.Refresh.IsZero()
}

// Check reports what is wrong with a credential that a person entered, without
// quoting it: invalid characters, or another provider's key.
func (c Credential) Check() error {
	if usable(c.Token.Reveal()).IsZero() {
		return errors.New("a token or key is one word of printable characters")
	}
	p, ok := ProviderNamed(c.Provider)
	if !ok {
		return errors.New("there is no such provider")
	}
	if other, ok := p.otherOwner(c.Token.Reveal()); ok {
		return fmt.Errorf("this looks like a key of %s, not of %s", other.Name, p.Name)
	}
	return nil
}
