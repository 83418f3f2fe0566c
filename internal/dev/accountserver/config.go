package accountserver

import (
	"fmt"
	"slices"
	"time"
)

// Config is what a Server is made from. The zero value of each field is the deployed
// service's behaviour, or the default named there.
type Config struct {
	// Origin is the public origin, such as "http://127.0.0.1:8787", without a path.
	// Empty, it is taken from each request's Host.
	Origin string

	// AccessTTL, RefreshTTL and CodeTTL are how long what is issued lives:
	// 1 hour, 30 days and 10 minutes. A refresh token's time counts from its issue.
	AccessTTL, RefreshTTL, CodeTTL time.Duration

	// DeviceInterval is the polling interval the device grant asks for, 5 seconds;
	// whole seconds go over the wire, rounded up. Polling faster is answered slow_down.
	DeviceInterval time.Duration

	// StrictRotation makes an old refresh token that is used again kill every token
	// that came of the same sign-in, as Keycloak and Supabase do.
	StrictRotation bool

	// TellRefreshLifetime adds refresh_token_expires_in to token answers, as GitHub
	// has it. NoRefreshTokens grants offline_access to nobody.
	TellRefreshLifetime, NoRefreshTokens bool

	// OfferRevocation and OfferDevice add RFC 7009 and RFC 8628 to the service and
	// to its discovery document.
	OfferRevocation, OfferDevice bool

	// RedirectUnauthenticated answers an API call that is not accepted by a redirect
	// to /login in place of 401. PATOnlyInference does so for prompts that come with
	// an OAuth token, and only for those.
	RedirectUnauthenticated, PATOnlyInference bool

	// RequestsPerMinute limits API calls per personal token, 60; below 0 there is no
	// limit. TokenRequestsPerMinute limits the token endpoint as a whole; 0 is no limit.
	RequestsPerMinute, TokenRequestsPerMinute int

	// RedirectURIs are the callback addresses accepted, letter for letter. The default
	// is the registered four: ports 24816 and 24818 of 127.0.0.1 and localhost.
	RedirectURIs []string

	// Accounts are who can sign in; the default is DefaultAccounts.
	Accounts []Account

	// ChunkDelay is the pause between the chunks of a streamed answer.
	ChunkDelay time.Duration

	// Now is the clock, time.Now. It is called from many goroutines.
	Now func() time.Time

	// OnGrant, where set, is called with each code or refresh token that the token
	// endpoint took, and what it issued for it, which is nothing for a refresh token
	// that was used before and so ended its sign-in. It must not call the server.
	OnGrant func(presented string, issued Issued)

	// OnRequest, where set, is called after each request, from the goroutine that
	// served it.
	OnRequest func(Request)
}

// Issued is what the token endpoint gives; what it does not give is empty.
type Issued struct{ Access, Refresh, ID string }

// Account is a person who can sign in.
type Account struct {
	ID, Email, Name, Password string
	ModelAccess               bool // may send prompts
}

// DefaultAccounts are Ada, who may use models, and Grace, who may not.
func DefaultAccounts() []Account {
	return []Account{
		{ID: "usr_ada", Email: "ada@example.test", Name: "Ada Lovelace", Password: "lovelace", ModelAccess: true},
		{ID: "usr_grace", Email: "grace@example.test", Name: "Grace Hopper", Password: "hopper"},
	}
}

// DefaultScopes are all the scopes that the service knows.
func DefaultScopes() []string {
	return []string{"openid", "profile", "email", "offline_access", "read", "write"}
}

func (c Config) withDefaults() Config {
	setDefault(&c.AccessTTL, time.Hour)
	setDefault(&c.RefreshTTL, 30*24*time.Hour)
	setDefault(&c.CodeTTL, 10*time.Minute)
	setDefault(&c.DeviceInterval, 5*time.Second)
	setDefault(&c.RequestsPerMinute, 60)
	if c.RedirectURIs == nil {
		for _, host := range []string{"127.0.0.1", "localhost"} {
			for _, port := range []int{24816, 24818} {
				c.RedirectURIs = append(c.RedirectURIs, fmt.Sprintf("http://%s:%d/auth/callback", host, port))
			}
		}
	}
	if c.Accounts == nil {
		c.Accounts = DefaultAccounts()
	}
	c.Accounts = slices.Clone(c.Accounts)
	for i := range c.Accounts {
		setDefault(&c.Accounts[i].ID, fmt.Sprintf("usr_%d", i+1))
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnGrant == nil {
		c.OnGrant = func(string, Issued) {}
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// account finds an account by its address. The result is never written to.
func (s *Server) account(email string) (*Account, bool) {
	for i := range s.cfg.Accounts {
		if s.cfg.Accounts[i].Email == email {
			return &s.cfg.Accounts[i], true
		}
	}
	return nil, false
}

// mustAccount is account for a caller who made the accounts: not finding one is a
// mistake in the test, and panics.
func (s *Server) mustAccount(email string) *Account {
	account, ok := s.account(email)
	if !ok {
		panic("accountserver: no account " + email)
	}
	return account
}
