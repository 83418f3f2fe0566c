// Package auth resolves, hands out, renews and stores credentials.
//
// A [Manager] is what the commands use: [Manager.Token] gives a credential that
// is good for a while, renewing it where that is due; [Resolver.Resolve] only
// looks; [Manager.Store] and [Manager.Remove] change what is stored. A
// [Secret] is how tokens travel through all of it.
package auth

import (
	"context"
	"errors"
	"time"
)

// Failures of renewing.
var (
	// ErrRejected is how a Refresher says that the service does not accept the
	// refresh token (RFC 6749 section 5.2, invalid_grant).
	ErrRejected = errors.New("the service does not accept the refresh token any more")
	// ErrExpired: the token is past its end and nothing can renew it.
	ErrExpired = errors.New("the credential has expired")
	// ErrNotRefreshable: the credential in force is not one that is renewed.
	ErrNotRefreshable = errors.New("the credential in force can't be refreshed")
)

const (
	// refreshLimit bounds one renewal, from the request to the stored answer.
	// It is not cut short by the caller's context: an answer that is under way
	// has spent the refresh token.
	refreshLimit = 20 * time.Second
	// LockWait is longer than a renewal of another process takes.
	LockWait = refreshLimit + 5*time.Second
	// briefWait is for a caller that holds a token which still works.
	briefWait = 3 * time.Second
	// freshEnough is how long a token that another process just renewed must
	// live to be taken, whatever the caller asked for: some services issue
	// tokens shorter than that.
	freshEnough = 2 * time.Second
)

// Manager renews and stores credentials under a lock that all processes share.
// It is safe for concurrent use.
type Manager struct {
	Resolver
	LockDir string
	// Refresh asks the issuing service for a new token. It returns the given
	// credential with its tokens and their end replaced, or an error, which
	// wraps ErrRejected for invalid_grant alone.
	Refresh func(context.Context, Credential) (Credential, error)
	Now     func() time.Time
}

// Token resolves a credential whose token lives for at least minTTL, renewing
// it where that is needed and possible; where the service issues none that
// live so long, one in the first half of its life is taken. A renewal that
// fails while the token in hand still works gives that token, and the reason
// in NotRenewed.
func (m *Manager) Token(ctx context.Context, q Query, minTTL time.Duration) (Result, error) {
	res, err := m.Resolve(ctx, q)
	if err != nil {
		return res, err
	}
	due := func(c Credential) bool { return !c.livesUntil(m.Now().Add(c.margin(minTTL))) }
	switch c := res.Credential; {
	case !due(c):
		return res, nil
	case c.Refreshable():
		return m.renew(ctx, res, due)
	case c.Expired(m.Now()):
		return res, ErrExpired
	}
	return res, nil
}

// Renew renews the account's token now, unless another process did so while
// this one waited for the lock.
func (m *Manager) Renew(ctx context.Context) (Result, error) {
	res, err := m.Resolve(ctx, Query{Provider: Mogplex})
	if err != nil {
		return res, err
	}
	if !res.Credential.Refreshable() {
		return res, ErrNotRefreshable
	}
	res, err = m.renew(ctx, res, func(Credential) bool { return true })
	if err == nil {
		err = res.NotRenewed
	}
	return res, err
}

// Store saves a credential under the lock.
func (m *Manager) Store(ctx context.Context, c Credential) (Saved, error) {
	unlock, err := m.Lock(ctx, c.Provider, LockWait)
	if err != nil {
		return Saved{}, err
	}
	defer unlock()
	return m.Save(ctx, c, m.Now())
}
