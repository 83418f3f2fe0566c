package hosted

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Model is a row of the model catalog.
type Model struct {
	ID            string   `json:"id"`
	Provider      string   `json:"provider"`
	Name          string   `json:"name"`
	ContextLength *int64   `json:"contextLength"` // tokens; nil if unknown
	Capabilities  []string `json:"capabilities"`
	Pricing       Pricing  `json:"pricing"`
}

// Pricing is in US dollars per million tokens; nil if unknown.
type Pricing struct {
	Input  *float64 `json:"input"`
	Output *float64 `json:"output"`
}

// MCPServer is a remote MCP definition. Its Config holds secrets: it prints and marshals masked.
type MCPServer struct {
	Name    string    `json:"name"`
	Enabled bool      `json:"enabled"`
	Config  MCPConfig `json:"config"`
}

// list is one of the service's lists: its path, the file of its cached copy, and the name of its rows in an answer.
type list[T any] struct {
	path, file, rows string
	secret           bool // the rows hold secrets
}

var (
	modelList  = list[Model]{path: "/models", file: "models.remote.json", rows: "models"}
	serverList = list[MCPServer]{path: "/mcp/servers", file: "mcp-servers.remote.json", rows: "servers", secret: true}

	lists = []syncer{modelList, serverList}
)

// syncer is a list of any type.
type syncer interface {
	copyName() string
	sync(context.Context, Catalog) (failed, notCached error)
}

func (l list[T]) copyName() string { return l.file }

// sync fetches and caches the list.
func (l list[T]) sync(ctx context.Context, c Catalog) (failed, notCached error) {
	got, err := serve(ctx, c, l, 0)
	return cmp.Or(err, got.Stale), got.NotCached
}

// parse reads the rows. An answer without a list, even an empty one, is not the service's.
func (l list[T]) parse(data json.RawMessage) ([]T, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil, foreign()
	}
	var rows []T
	if json.Unmarshal(members[l.rows], &rows) != nil || rows == nil {
		return nil, foreign()
	}
	return rows, nil
}

// Catalog serves the lists of one account, from the service or from the cached copy. Its methods may be called
// concurrently.
type Catalog struct {
	Client
	Cache
	Now func() time.Time
	// Token returns the token for a request. If its error is temporary, see [web.Temporary], a cached copy serves.
	Token func(context.Context) (string, error)
	// WhileActive calls save and makes sure that the owner's credential stays active until save returns. If the
	// credential is not active, it returns an error instead. This prevents caching an answer that arrives after a
	// sign-out.
	WhileActive func(ctx context.Context, save func(context.Context) error) error
}

// Listing is a list and where it came from.
type Listing[T any] struct {
	List      []T
	Fetched   time.Time
	Stale     error // the failure that made List the cached copy; nil if List is current
	NotCached error // the failure to cache the service's answer; nil otherwise
}

// Models returns the model catalog. A cached copy younger than fresh serves without a request. After a
// temporary failure, such as a service out of reach, a cached copy of any age serves, and Stale is the failure.
func (c Catalog) Models(ctx context.Context, fresh time.Duration) (Listing[Model], error) {
	return serve(ctx, c, modelList, fresh)
}

// Servers returns the remote MCP definitions, as Models does.
func (c Catalog) Servers(ctx context.Context, fresh time.Duration) (Listing[MCPServer], error) {
	return serve(ctx, c, serverList, fresh)
}

// Sync fetches and caches all lists at once. The errors are the first failure to fetch one, and the failures to cache.
func (c Catalog) Sync(ctx context.Context) (failed, notCached error) {
	errs, uncached := make([]error, len(lists)), make([]error, len(lists))
	var fetches sync.WaitGroup
	for i, l := range lists {
		fetches.Go(func() { errs[i], uncached[i] = l.sync(ctx, c) })
	}
	fetches.Wait()
	return cmp.Or(errs...), errors.Join(uncached...)
}

func serve[T any](ctx context.Context, c Catalog, l list[T], fresh time.Duration) (Listing[T], error) {
	if fresh > 0 {
		old, err := cached(ctx, c, l)
		if age := c.Now().Sub(old.Fetched); err == nil && age >= 0 && age < fresh {
			return old, nil
		}
	}
	now, err := fetch(ctx, c, l)
	if err == nil || !web.Temporary(err) {
		return now, err
	}
	old, missing := cached(ctx, c, l)
	if missing != nil {
		return Listing[T]{}, err
	}
	old.Stale = err
	return old, nil
}

// cached returns the owner's copy.
func cached[T any](ctx context.Context, c Catalog, l list[T]) (Listing[T], error) {
	record, err := c.load(ctx, l.file, l.secret)
	if err != nil {
		return Listing[T]{}, err
	}
	rows, err := l.parse(record.Data)
	return Listing[T]{List: rows, Fetched: record.Fetched}, err
}

// fetch asks the service and caches its answer.
func fetch[T any](ctx context.Context, c Catalog, l list[T]) (Listing[T], error) {
	token, err := c.Token(ctx)
	if err != nil {
		return Listing[T]{}, err
	}
	data, err := c.get(ctx, token, l.path)
	if err != nil {
		return Listing[T]{}, err
	}
	now := Listing[T]{Fetched: c.Now().UTC().Truncate(time.Second)}
	if now.List, err = l.parse(data); err != nil {
		return Listing[T]{}, err
	}
	now.NotCached = c.WhileActive(ctx, func(ctx context.Context) error {
		return c.save(ctx, l.file, l.secret, record{Fetched: now.Fetched, Data: data})
	})
	return now, nil
}
