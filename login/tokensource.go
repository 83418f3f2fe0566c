package login

import (
	"context"

	"golang.org/x/oauth2"
)

// TokenSource returns a source that serves t while it is valid and refreshes it
// afterwards, with ctx for each request. It passes each new token to store before
// it serves it, so that a rotated refresh token is never in memory only. If store
// fails, Token returns [ErrSave]; the next call stores the same token again
// instead of refreshing. A nil store keeps tokens in memory only. A t whose Expiry
// is zero is served forever.
//
// The source is safe for concurrent use within one process. Several processes
// that share a stored token need a lock around load, refresh and store.
func (c *Client) TokenSource(ctx context.Context, t *oauth2.Token, store func(context.Context, *oauth2.Token) error) oauth2.TokenSource {
	r := &refresher{ctx: ctx, client: *c, store: store}
	if t != nil {
		r.refreshToken = t.RefreshToken
	}
	return oauth2.ReuseTokenSource(t, r)
}

type refresher struct {
	ctx          context.Context
	client       Client
	store        func(context.Context, *oauth2.Token) error
	refreshToken string
	unsaved      *oauth2.Token // the token that store failed to store
}

// Token needs no lock: oauth2.ReuseTokenSource calls it from one goroutine at a time.
func (r *refresher) Token() (*oauth2.Token, error) {
	if !r.unsaved.Valid() {
		g, err := r.client.Refresh(r.ctx, r.refreshToken)
		if err != nil {
			return nil, err
		}
		r.refreshToken, r.unsaved = g.Token.RefreshToken, g.Token
	}
	if r.store != nil {
		saved := *r.unsaved
		if err := r.store(r.ctx, &saved); err != nil {
			return nil, &Error{Op: opRefresh, Kind: ErrSave, Err: err}
		}
	}
	t := r.unsaved
	r.unsaved = nil
	return t, nil
}
