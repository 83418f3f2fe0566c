package hosted

import (
	"context"
	"time"
)

// Catalog serves the lists of one account: from the service, or from the copy
// that is kept. Its methods may be called at the same time.
type Catalog struct {
	Client
	Keeper
	Now func() time.Time
	// Token gives the token for a request. Its failure is treated as the
	// service's, so that it is an *Error where the service is out of reach.
	Token func(context.Context) (string, error)
	// InForce calls save while it is sure that the owner's credential is in
	// force and stays so, or returns an error without calling it. It keeps an
	// answer that comes after a sign-out from being kept.
	InForce func(ctx context.Context, save func(context.Context) error) error
}

// Listing is a list, and how it was come by.
type Listing[T any] struct {
	List    []T
	Fetched time.Time
	Stale   error // why it is the kept copy and not the service's; nil otherwise
	NotKept error // why the service's answer could not be kept; nil otherwise
}

// Models gives the model catalog. A kept copy younger than fresh serves as it
// is; else the service is asked. Where that fails in a way that passes (see
// Passing), a kept copy of any age serves, and Stale says why.
func (c Catalog) Models(ctx context.Context, fresh time.Duration) (Listing[Model], error) {
	return serve(ctx, c, modelList, fresh)
}

// Servers gives the remote MCP definitions, as Models.
func (c Catalog) Servers(ctx context.Context, fresh time.Duration) (Listing[MCPServer], error) {
	return serve(ctx, c, serverList, fresh)
}

func serve[T any](ctx context.Context, c Catalog, l list[T], fresh time.Duration) (Listing[T], error) {
	if fresh > 0 {
		old, err := stored(ctx, c, l)
		if age := c.Now().Sub(old.Fetched); err == nil && age >= 0 && age < fresh {
			return old, nil
		}
	}
	now, err := fetchAndKeep(ctx, c, l)
	if err == nil || !Passing(err) {
		return now, err
	}
	old, none := stored(ctx, c, l)
	if none != nil {
		return Listing[T]{}, err
	}
	old.Stale = err
	return old, nil
}

func stored[T any](ctx context.Context, c Catalog, l list[T]) (Listing[T], error) {
	record, err := c.load(ctx, l.file, l.secret)
	if err != nil {
		return Listing[T]{}, err
	}
	rows, err := l.read(record.Data)
	return Listing[T]{List: rows, Fetched: record.Fetched}, err
}

func fetchAndKeep[T any](ctx context.Context, c Catalog, l list[T]) (Listing[T], error) {
	token, err := c.Token(ctx)
	if err != nil {
		return Listing[T]{}, err
	}
	data, err := c.get(ctx, token, l.path)
	if err != nil {
		return Listing[T]{}, err
	}
	now := Listing[T]{Fetched: c.Now().UTC().Truncate(time.Second)}
	if now.List, err = l.read(data); err != nil {
		return Listing[T]{}, err
	}
	now.NotKept = c.InForce(ctx, func(ctx context.Context) error {
		return c.save(ctx, l.file, l.secret, kept{Fetched: now.Fetched, Data: data})
	})
	return now, nil
}
