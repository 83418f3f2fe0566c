package accountserver

import (
	"cmp"
	"fmt"
	"time"
)

// Config configures a Server. The zero value of a field means the behaviour of the
// deployed service, or the default that its comment names.
type Config struct {
	// AccessTTL and RefreshTTL are the lifetimes of tokens from their issue: 1 hour
	// and 30 days.
	AccessTTL, RefreshTTL time.Duration

	// DeviceInterval is the polling interval of the device grant, 5 seconds. It goes over
	// the wire in whole seconds, rounded up; faster polling is answered with slow_down.
	DeviceInterval time.Duration

	// StrictRotation revokes every token of a sign-in if one of its old refresh tokens
	// is used again, like Keycloak and Supabase.
	StrictRotation bool

	// TellRefreshLifetime adds refresh_token_expires_in to token answers, like GitHub.
	// NoRefreshTokens ignores the scope offline_access.
	TellRefreshLifetime, NoRefreshTokens bool

	// OfferRevocation and OfferDevice add RFC 7009 and RFC 8628, and name them in the
	// discovery document.
	OfferRevocation, OfferDevice bool

	// RedirectUnauthenticated answers unauthorized API calls with a redirect to /login
	// instead of 401. PATOnlyInference does so for prompts with an OAuth token only.
	RedirectUnauthenticated, PATOnlyInference bool

	// RequestsPerMinute limits the API calls of a personal token, by default to 60; a
	// negative value means no limit.
	RequestsPerMinute int

	// RedirectURIs are the registered callback addresses, matched exactly; by default
	// ports 24816 and 24818 of 127.0.0.1 and localhost.
	RedirectURIs []string

	// Accounts can sign in; by default DefaultAccounts. The caller must not change the slice.
	Accounts []Account

	// ChunkDelay is the pause between the chunks of a streamed answer.
	ChunkDelay time.Duration

	// Now is the clock, time.Now by default. Many goroutines call it.
	Now func() time.Time

	// OnGrant, if set, is called with each code or refresh token that the token endpoint
	// accepted and the tokens it issued: none if a reused refresh token ended its
	// sign-in. It must not call the server.
	OnGrant func(presented string, issued Issued)

	// OnRequest, if set, is called after each request by the goroutine that served it.
	OnRequest func(Request)
}

// Issued holds the tokens that the token endpoint issued; the others are empty.
type Issued struct{ Access, Refresh, ID string }

// Account is a person who can sign in.
type Account struct {
	ID, Email, Name string
	ModelAccess     bool // may send prompts
}

// DefaultAccounts are Ada, who may use models, and Grace, who may not.
func DefaultAccounts() []Account {
	return []Account{
		{ID: "usr_ada", Email: "ada@example.test", Name: "Ada Lovelace", ModelAccess: true},
		{ID: "usr_grace", Email: "grace@example.test", Name: "Grace Hopper"},
	}
}

func (c Config) withDefaults() Config {
	c.AccessTTL = cmp.Or(c.AccessTTL, time.Hour)
	c.RefreshTTL = cmp.Or(c.RefreshTTL, 30*24*time.Hour)
	c.DeviceInterval = cmp.Or(c.DeviceInterval, 5*time.Second)
	c.RequestsPerMinute = cmp.Or(c.RequestsPerMinute, 60)
	if c.RedirectURIs == nil {
		for _, host := range []string{"127.0.0.1:24816", "127.0.0.1:24818", "localhost:24816", "localhost:24818"} {
			c.RedirectURIs = append(c.RedirectURIs, "http://"+host+"/auth/callback")
		}
	}
	if c.Accounts == nil {
		c.Accounts = DefaultAccounts()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnGrant == nil {
		c.OnGrant = func(string, Issued) {}
	}
	return c
}

// account returns the account with an email address, or nil.
func (s *Server) account(email string) *Account {
	for i := range s.cfg.Accounts {
		if s.cfg.Accounts[i].Email == email {
			return &s.cfg.Accounts[i]
		}
	}
	return nil
}

// mustAccount panics if a test names an account that it did not configure.
func (s *Server) mustAccount(email string) *Account {
	account := s.account(email)
	if account == nil {
		panic(fmt.Sprintf("accountserver: no account %q", email))
	}
	return account
}
