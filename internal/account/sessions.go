package account

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/web"
	"github.com/mogplex/mogplex-cli/login"
)

const (
	// EndLimit bounds [Account.EndSessions].
	EndLimit = 5 * time.Second
	// The pauses between retries double from firstPause to longestPause.
	firstPause, longestPause = 250 * time.Millisecond, time.Minute
)

// Ending is the outcome of ending one session at the service that issued it.
type Ending struct {
	Session auth.Credential
	Offered bool  // the service offers revocation, as far as is known
	Err     error // of the last try
}

// Temporary reports whether another try may succeed.
func (e Ending) Temporary() bool { return web.Temporary(e.Err) }

// ended reports whether the tokens of the session work no more.
func (e Ending) ended() bool { return e.Offered && e.Err == nil }

// EndSessions ends sessions at the services that issued them, within EndLimit.
func (a *Account) EndSessions(ctx context.Context, sessions []auth.Credential) []Ending {
	defer a.begin(EndAtService)()
	ctx, cancel := context.WithTimeout(ctx, EndLimit)
	defer cancel()
	return a.KeepEnding(ctx, sessions)
}

// KeepEnding revokes tokens (RFC 7009), once for each sign-in and all concurrently: the
// refresh token or, without one, the access token. It retries temporary failures with
// growing pauses, and no sooner than the service allows, until ctx ends or its deadline
// is too close. The tokens are in memory only.
func (a *Account) KeepEnding(ctx context.Context, sessions []auth.Credential) []Ending {
	var endings []Ending
	for _, c := range sessions {
		same := func(e Ending) bool { return e.Session.Token.Equal(c.Token) && e.Session.Refresh.Equal(c.Refresh) }
		if c.Provider == auth.Mogplex && c.Type == auth.OAuth && !slices.ContainsFunc(endings, same) {
			endings = append(endings, Ending{Session: c})
		}
	}
	var all sync.WaitGroup
	for i := range endings {
		all.Go(func() { a.keepEnding(ctx, &endings[i]) })
	}
	all.Wait()
	return endings
}

func (a *Account) keepEnding(ctx context.Context, e *Ending) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if e.Offered, e.Err = a.revoke(ctx, e.Session); errors.Is(e.Err, context.Canceled) {
			e.Err = ErrGivenUp
		}
		wait := pause
		if failed := (*web.Error)(nil); errors.As(e.Err, &failed) {
			wait = max(pause, failed.RetryAfter)
		}
		if end, ok := ctx.Deadline(); !e.Temporary() || ok && time.Until(end) <= wait {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// revoke ends a credential at the service that issued it, and at no other.
func (a *Account) revoke(ctx context.Context, c auth.Credential) (offered bool, err error) {
	origin := issuerOf(c)
	if _, err := login.CheckOrigin(origin, a.Dev); err != nil {
		return false, err
	}
	client := a.loginClient(origin)
	if c.Refresh.IsZero() {
		return client.Revoke(ctx, c.Token.Reveal(), "access_token")
	}
	return client.Revoke(ctx, c.Refresh.Reveal(), "refresh_token")
}

// revokeUnsaved ends the session of a credential that no store holds.
func (a *Account) revokeUnsaved(ctx context.Context, c auth.Credential) {
	a.EndSessions(ctx, []auth.Credential{c})
}

// issuerOf returns the origin of the service that issued a credential. A credential
// without one is from the default service.
func issuerOf(c auth.Credential) string { return cmp.Or(c.Issuer, auth.DefaultOrigin) }

// LiveToken is a token that the service still accepts.
type LiveToken struct {
	Kind   TokenKind
	Issuer string
	Until  time.Time // zero if not known
}

// TokenKind is a kind of token.
type TokenKind string

// The kinds of token.
const (
	AccessToken         TokenKind = "access_token"
	RefreshToken        TokenKind = "refresh_token"
	PersonalAccessToken TokenKind = "personal_access_token"
)

// LiveTokens returns the tokens of the sessions that were not ended.
func (a *Account) LiveTokens(endings []Ending) (left []LiveToken) {
	for _, e := range endings {
		if e.ended() {
			continue
		}
		c := e.Session
		if !c.Expired(a.env.Now()) {
			left = append(left, LiveToken{AccessToken, issuerOf(c), c.ExpiresAt})
		}
		if !c.Refresh.IsZero() {
			left = append(left, LiveToken{RefreshToken, issuerOf(c), c.SignInExpiresAt})
		}
	}
	return left
}
