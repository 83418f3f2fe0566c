// Package auth resolves, hands out, renews and stores credentials.
//
// Commands use a [Manager]. [Manager.Token] returns a credential that stays valid
// for a given time, and renews it first if it is due; [Manager.TokenSource] does the
// same for golang.org/x/oauth2. [Resolver.Resolve] reads and changes nothing.
// [Manager.SignIn] stores a credential, [Manager.Remove] removes it and
// [Manager.Move] moves it to another store. Tokens have the type [Secret].
//
// A stored credential is a [Record]. It has one place and one [Key], and a writer
// names the [Revision] that it replaces. Every writer takes the same steps: load
// without a lock, because a keychain may ask a person to unlock it; lock; swap;
// unlock. If the stored revision has changed meanwhile, the swap writes nothing, and
// the writer loads again and uses the record that it finds.
package auth

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// Failures of renewing.
var (
	// ErrRejected: the service does not accept the refresh token (RFC 6749 section
	// 5.2, invalid_grant).
	ErrRejected = errors.New("the service does not accept the refresh token any more")
	// ErrExpired: the token has expired and can't be renewed.
	ErrExpired = errors.New("the credential has expired")
	// ErrNotRefreshable: the active credential is not a stored OAuth sign-in.
	ErrNotRefreshable = errors.New("the active credential can't be refreshed")
)

const (
	// heldLimit bounds how long a key's lock is held, saving included. From the
	// request to the stored answer it replaces the caller's deadline, because the
	// refresh token is spent by then.
	heldLimit = 25 * time.Second
	// saveReserve is the part of heldLimit that the request leaves for saving.
	saveReserve = 8 * time.Second
	// lockWait bounds the wait for a lock. It is longer than any process holds one.
	lockWait = heldLimit + 5*time.Second
	// briefWait bounds that wait for a caller whose token still works.
	briefWait = 3 * time.Second
	// freshEnough is the life that a token must have left if another process just
	// renewed it. The caller's minTTL does not apply, because some services issue
	// shorter tokens.
	freshEnough = 2 * time.Second
	// futureSlack is how far in the future a record's SavedAt may be before its times
	// are ignored.
	futureSlack = 5 * time.Minute
)

// Manager renews and stores credentials under locks that all processes share.
// It is safe for concurrent use.
type Manager struct {
	Resolver
	// Refresh asks the issuing service for a new token. It returns the given
	// credential with new tokens and a new expiry, or an error, which wraps
	// ErrRejected for invalid_grant alone.
	Refresh func(context.Context, Credential) (Credential, error)
	// Revoke ends a grant that no store has, as far as the service allows.
	Revoke func(context.Context, Credential)
	// Check, if set, asks the service whether it accepts a token that can't be
	// renewed and whose times are ignored. It returns ErrExpired if not.
	Check func(context.Context, Credential) error
	// Unattended returns a context under which no store prompts.
	Unattended func(context.Context) context.Context
	// BeforeLock, if set, is called before a lock is taken, so that the caller can
	// hold back signals: an interrupted write could lose a token.
	BeforeLock func()
	Now        func() time.Time
}

// Token resolves a credential whose token stays valid for at least minTTL, and
// renews it first if necessary and possible. If the service issues only shorter
// tokens, a token is used for the first half of its life. If a renewal fails while
// the current token still works, Token returns that token, with the reason in
// NotRenewed.
func (m *Manager) Token(ctx context.Context, q Query, minTTL time.Duration) (Result, error) {
	res, err := m.Resolve(ctx, q)
	if err != nil || res.held.layer == nil {
		return res, err
	}
	due := func(c Credential) bool {
		return !c.livesUntil(m.Now().Add(c.margin(minTTL))) || m.savedInFuture(c)
	}
	c := res.Credential
	switch {
	case res.held.displaced, c.Refreshable() && due(c):
		return m.renew(ctx, res, due, false)
	case c.Expired(m.Now()):
		return res, ErrExpired
	}
	if res.held.record.lacksIssuer() {
		m.storeIssuer(ctx, &res)
	}
	if m.savedInFuture(c) && m.Check != nil {
		if err := m.Check(ctx, res.Credential); errors.Is(err, ErrExpired) {
			return res, err
		}
	}
	return res, nil
}

// savedInFuture reports whether the clock was wrong when the credential was saved,
// so that its expiry can't be relied on.
func (m *Manager) savedInFuture(c Credential) bool {
	return c.SavedAt.After(m.Now().Add(futureSlack)) && !c.ExpiresAt.IsZero()
}

// Renew renews the account's token now, due or not, unless another process did so
// while this one waited for the lock.
func (m *Manager) Renew(ctx context.Context) (Result, error) {
	res, err := m.Resolve(ctx, Query{Provider: Mogplex})
	if err != nil {
		return res, err
	}
	if !res.Credential.Refreshable() || res.held.layer == nil {
		return res, ErrNotRefreshable
	}
	res, err = m.renew(ctx, res, func(Credential) bool { return true }, true)
	if err == nil {
		err = res.NotRenewed
	}
	return res, err
}

// TokenSource returns a source of the account's token. It renews the token under the
// lock that all processes share, and stores it before use. It caches nothing, so a
// sign-out takes effect at the next call. Each call uses ctx.
func (m *Manager) TokenSource(ctx context.Context) oauth2.TokenSource {
	return tokenSource{ctx, m}
}

type tokenSource struct {
	ctx context.Context
	m   *Manager
}

// sourceTTL is the shortest remaining life of a token from a TokenSource.
const sourceTTL = time.Minute

// Token implements [oauth2.TokenSource].
func (s tokenSource) Token() (*oauth2.Token, error) {
	res, err := s.m.Token(s.ctx, Query{Provider: Mogplex}, sourceTTL)
	if err != nil {
		return nil, err
	}
	c := res.Credential
	return &oauth2.Token{AccessToken: c.Token.Reveal(), TokenType: "Bearer", Expiry: c.ExpiresAt}, nil
}
