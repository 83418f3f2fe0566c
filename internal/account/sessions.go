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
	// The pauses between tries double from the first one to the longest.
	firstPause, longestPause = 250 * time.Millisecond, time.Minute
)

// Ending is what came of ending one session at the service that issued it.
type Ending struct {
	Session auth.Credential
	Offered bool  // the service offers it, as far as is known
	Err     error // of the last try
}

// Passing reports that another try may succeed.
func (e Ending) Passing() bool {
	return web.Temporary(e.Err)
}

// EndSessions ends sessions at the services that issued them, for EndLimit at most.
func (a *Account) EndSessions(ctx context.Context, sessions []auth.Credential) []Ending {
	defer a.begin(EndAtService)()
	ctx, cancel := context.WithTimeout(ctx, EndLimit)
	defer cancel()
	return a.KeepEnding(ctx, sessions)
}

// KeepEnding revokes tokens (RFC 7009), each sign-in once and all at the same time:
// the refresh token, or the access token if there is no other. It retries failures
// that pass, with growing pauses and no sooner than the service allows, until ctx
// ends or has too little time left: for as long as ctx lives if it has no deadline.
// The tokens are in memory alone.
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
		if end, ok := ctx.Deadline(); !e.Passing() || ok && time.Until(end) <= wait {
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

// revokeUnsaved ends a grant that no store holds.
func (a *Account) revokeUnsaved(ctx context.Context, c auth.Credential) {
	a.EndSessions(ctx, []auth.Credential{c})
}

// issuerOf is the origin of the service that issued a credential. An entry that
// names none is of the default service.
func issuerOf(c auth.Credential) string { return cmp.Or(c.Issuer, auth.DefaultOrigin) }

// LiveToken is a token that the service goes on accepting.
type LiveToken struct {
	Kind   TokenKind
	Issuer string
	Until  time.Time // zero if it is not known
}

// TokenKind is a kind of token.
type TokenKind string

// The kinds of token.
const (
	AccessToken         TokenKind = "access_token"
	RefreshToken        TokenKind = "refresh_token"
	PersonalAccessToken TokenKind = "personal_access_token"
)

// LiveTokens are the tokens of sessions that were not ended.
func (a *Account) LiveTokens(endings []Ending) (left []LiveToken) {
	for _, e := range endings {
		if e.Offered && e.Err == nil {
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
