// Package auth resolves, hands out, renews and stores credentials.
//
// A [Manager] is what the commands use. [Manager.Token] gives a credential that
// is good for a while, renewing it if it is due; [Manager.TokenSource] does so for
// golang.org/x/oauth2. [Resolver.Resolve] only looks. [Manager.SignIn],
// [Manager.Remove] and [Manager.Move] are the other ways to change what is
// stored. Tokens are of type [Secret] throughout.
//
// A stored credential is a [Record]. It lies in one place, under a [Key], and a
// writer names the [Revision] that it replaces. Every writer takes the same steps:
// load without a lock, because a keychain may ask a person to unlock it; lock;
// swap what was loaded; unlock. If the revision is another one by then, nothing is
// written, and the writer loads again and uses what it finds.
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
	// ErrExpired: the token is past its end and nothing can renew it.
	ErrExpired = errors.New("the credential has expired")
	// ErrNotRefreshable: the active credential is not one that is renewed.
	ErrNotRefreshable = errors.New("the active credential can't be refreshed")
)

const (
	// heldLimit bounds how long a key's lock is held, saving included. Between the
	// request and the stored answer the caller's context can't end the work: the
	// refresh token is spent by then.
	heldLimit = 25 * time.Second
	// saveReserve is the part of heldLimit that the request leaves for saving.
	saveReserve = 8 * time.Second
	// LockWait is longer than another process holds the lock.
	LockWait = heldLimit + 5*time.Second
	// briefWait is the wait of a caller whose token still works.
	briefWait = 3 * time.Second
	// freshEnough is how long a token that another process just renewed must still
	// live to be used. The caller's minTTL does not apply: some services issue
	// shorter tokens.
	freshEnough = 2 * time.Second
	// futureSlack is how far in the future a record's saving time may be before its
	// times are ignored.
	futureSlack = 5 * time.Minute
)

// Manager renews and stores credentials under locks that all processes share.
// It is safe for concurrent use.
type Manager struct {
	Resolver
	// Refresh asks the issuing service for a new token. It returns the given
	// credential with its tokens and their end replaced, or an error, which wraps
	// ErrRejected for invalid_grant alone.
	Refresh func(context.Context, Credential) (Credential, error)
	// Revoke ends a grant that no store holds, as far as the service allows.
	Revoke func(context.Context, Credential)
	// Check, if set, asks the service whether it accepts a token that can't be
	// renewed and whose times are ignored.
	Check func(context.Context, Credential) error
	// Unattended returns a context under which no store asks a person.
	Unattended func(context.Context) context.Context
	// BeforeLock, if set, is called before a lock is taken, so that the caller can
	// hold back signals: an interrupted write could lose a token.
	BeforeLock func()
	Now        func() time.Time
}

// Token resolves a credential whose token lives for at least minTTL, renewing it
// if that is needed and possible. If the service issues only shorter tokens, one in
// the first half of its life is used. If a renewal fails while the current token
// still works, Token returns that token, with the reason in NotRenewed.
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

// savedInFuture reports that the clock was wrong when the credential was saved,
// and that its end can't be relied on.
func (m *Manager) savedInFuture(c Credential) bool {
	return c.SavedAt.After(m.Now().Add(futureSlack)) && !c.ExpiresAt.IsZero()
}

// Renew renews the account's token now, unless another process did so while this
// one waited for the lock.
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

// TokenSource serves the account's stored token, renewed under the lock that all
// processes share and stored before it is used. It caches nothing: a sign-out takes
// effect at the next call. Each call uses ctx.
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
