package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

const (
	// hostedFresh is the age up to which a cached list is used without asking the
	// service.
	hostedFresh = 10 * time.Minute
	// dropLimit bounds the removal of other accounts' lists after a failed Sync.
	dropLimit = time.Second
)

// List returns one of the account's lists, such as [hosted.Catalog.Models]. With refresh
// it ignores the cached list. The result has the credential that was used, even on
// error.
func List[T any](
	ctx context.Context, a *Account, refresh bool,
	ask func(hosted.Catalog, context.Context, time.Duration) (hosted.Listing[T], error),
) (got hosted.Listing[T], res auth.Result, err error) {
	defer a.begin(AskService)()
	fresh := hostedFresh
	if refresh {
		fresh = 0
	}
	for range 2 { // once more if another account signs in meanwhile
		var c hosted.Catalog
		if c, res, err = a.catalog(ctx); err == nil {
			got, err = ask(c, ctx, fresh)
		}
		if !errors.Is(err, ErrReplaced) {
			break
		}
	}
	return got, res, err
}

// Sync fetches and caches all lists within limit. If that fails, it removes the cached
// lists of other accounts.
func (a *Account) Sync(ctx context.Context, limit time.Duration) error {
	defer a.begin(FetchLists)()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, _, err := a.catalog(ctx)
	if err != nil {
		return err
	}
	failed, notCached := c.Sync(ctx)
	if failed == nil {
		return notCached
	}
	dropping, stop := context.WithTimeout(context.WithoutCancel(ctx), dropLimit)
	defer stop()
	c.DropForeign(dropping)
	return fmt.Errorf("%s: %w", a.Origin, failed)
}

// catalog returns the catalog of the active Mogplex credential, which is in the result.
func (a *Account) catalog(ctx context.Context) (hosted.Catalog, auth.Result, error) {
	res, err := a.Mogplex(ctx)
	if err != nil {
		return hosted.Catalog{}, res, err
	}
	cache := a.cache(res)
	return hosted.Catalog{
		Client: a.api(), Cache: cache, Now: a.env.Now,
		Token: func(ctx context.Context) (string, error) { return a.tokenFor(ctx, cache.Owner) },
		WhileActive: func(ctx context.Context, save func(context.Context) error) error {
			return a.whileActive(ctx, cache.Owner, save)
		},
	}, res, nil
}

// Follower follows runs with the account's credential.
func (a *Account) Follower() hosted.Follower {
	return hosted.Follower{Client: a.api(), Token: func(ctx context.Context) (string, error) { return a.tokenFor(ctx, "") }}
}
