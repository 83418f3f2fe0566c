package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/login"
)

const (
	// hostedFresh is the age up to which a kept copy serves without a question.
	hostedFresh = 10 * time.Minute
	// syncLimit bounds the fetch after a sign-in.
	syncLimit = 5 * time.Second
	// dropLimit bounds the look into the copies that are there, once the time for
	// new ones is over.
	dropLimit = time.Second
)

func freshness(refresh bool) time.Duration {
	if refresh {
		return 0
	}
	return hostedFresh
}

// syncHosted fetches both lists and keeps them. It prints nothing. Where one
// can't be had, no other account's copy is left behind.
func (s *session) syncHosted(ctx context.Context) error {
	c, _, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	var models hosted.Listing[hosted.Model]
	var servers hosted.Listing[hosted.MCPServer]
	var errs [2]error
	var both sync.WaitGroup
	both.Go(func() { models, errs[0] = c.Models(ctx, 0) })
	both.Go(func() { servers, errs[1] = c.Servers(ctx, 0) })
	both.Wait()
	for _, err := range []error{errs[0], models.Stale, errs[1], servers.Stale} {
		if err != nil {
			dropping, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropLimit)
			defer cancel()
			c.DropForeign(dropping)
			return fmt.Errorf("%s: %w", s.origin, err)
		}
	}
	return errors.Join(models.NotKept, servers.NotKept)
}

// fetchHosted fetches what a sign-in brings. The sign-in is done: a failure is
// a line, and no more.
func (s *session) fetchHosted(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, syncLimit)
	defer cancel()
	err := s.patiently("Fetching models and MCP servers", func() error { return s.syncHosted(limited) })
	if err != nil && ctx.Err() == nil {
		s.warn("models and MCP servers were not fetched: " + sentence(err))
	}
}

// catalog is the hosted state of the Mogplex credential in force, and how that
// was found.
func (s *session) catalog(ctx context.Context) (hosted.Catalog, auth.Result, error) {
	res, err := s.account(ctx)
	if err != nil {
		return hosted.Catalog{}, res, err
	}
	keeper := s.keeper(res)
	return hosted.Catalog{
		Client: s.api(), Keeper: keeper, Now: s.now,
		Token: func(ctx context.Context) (string, error) { return s.accountToken(ctx, keeper.Owner) },
		InForce: func(ctx context.Context, save func(context.Context) error) error {
			return s.whileInForce(ctx, keeper.Owner, save)
		},
	}, res, nil
}

// account finds the Mogplex credential, and says what is there in its place.
func (s *session) account(ctx context.Context) (auth.Result, error) {
	res, err := s.auth.Resolve(ctx, auth.Query{Provider: auth.Mogplex})
	return res, s.explainAccount(ctx, res, err)
}

func (s *session) explainAccount(ctx context.Context, res auth.Result, err error) error {
	if !errors.Is(err, auth.ErrNotSignedIn) {
		return s.explain(auth.Mogplex, res, err)
	}
	if other, otherErr := s.auth.Resolve(ctx, auth.Query{}); otherErr == nil {
		return fmt.Errorf("%w to Mogplex: the key of %s that is in force is of no use for this",
			auth.ErrNotSignedIn, other.Credential.Provider)
	}
	return s.explain(auth.Mogplex, res, err)
}

// accountToken is the Mogplex token for the next request, renewed where that is
// due. It is owner's, or anybody's where that is empty. It prints nothing.
func (s *session) accountToken(ctx context.Context, owner string) (string, error) {
	res, err := s.auth.Token(ctx, auth.Query{Provider: auth.Mogplex}, time.Minute)
	var refused *login.Error
	failed := &hosted.Error{Err: err}
	if errors.As(err, &refused) {
		failed.RetryAfter = refused.RetryAfter
	}
	switch {
	case err == nil && owner != "" && s.owner(res.Credential) != owner:
		return "", errOtherNow
	case err == nil:
		return res.Credential.Token.Reveal(), nil
	case errors.Is(err, login.ErrUnreachable):
		failed.Kind = hosted.ErrUnreachable
	case errors.Is(err, login.ErrRateLimited), errors.Is(err, auth.ErrBusy):
		failed.Kind = hosted.ErrRateLimited
	default:
		return "", s.explainAccount(ctx, res, err)
	}
	return "", failed
}
