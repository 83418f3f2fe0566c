package hosted_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

const mark = "MARK-4c1f-of-a-header"

// reversed stands for encryption.
func reversed(text string) string {
	b := []byte(text)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// catalogOf returns the catalog of an owner at a service with one MCP server.
func catalogOf(t *testing.T, owner string) (*accountserver.Server, *hosted.Catalog) {
	service, client := serve(t, accountserver.Config{RequestsPerMinute: -1})
	service.SetMCPServers(`[{"name":"one","config":{"url":"https://mcp.example.test/","http_headers":{"Authorization":"` + mark + `"}}}]`)
	token := service.IssuePAT("ada@example.test")
	return service, &hosted.Catalog{
		Client: client, Now: time.Now,
		Token:       func(context.Context) (string, error) { return token, nil },
		WhileActive: func(ctx context.Context, save func(context.Context) error) error { return save(ctx) },
		Cache:       newCache(t, owner),
	}
}

// newCache returns a cache with a new directory.
func newCache(t *testing.T, owner string) hosted.Cache {
	return hosted.Cache{
		Dir: t.TempDir(), Owner: owner,
		Seal: func(_ context.Context, plain []byte) (string, error) { return "sealed:" + reversed(string(plain)), nil },
		Open: func(_ context.Context, text string) ([]byte, error) {
			inner, ok := strings.CutPrefix(text, "sealed:")
			if !ok {
				return nil, errors.New("not sealed")
			}
			return []byte(reversed(inner)), nil
		},
	}
}

// served reports why the cached copies do not serve while the service is out of reach.
func served(t *testing.T, service *accountserver.Server, c hosted.Catalog) error {
	t.Helper()
	service.Fail(accountserver.Fault{Path: accountserver.APIPath, Status: 503})
	defer service.ClearFaults()
	models, err := c.Models(t.Context(), 0)
	servers, serversErr := c.Servers(t.Context(), 0)
	switch {
	case err != nil || serversErr != nil:
		return errors.Join(err, serversErr)
	case models.Stale == nil || servers.Stale == nil:
		return errors.New("a copy is not marked as stale")
	case len(models.List) != 3 || len(servers.List) != 1 || servers.List[0].Config.Headers["Authorization"] != mark:
		return errors.New("the copy has other rows")
	}
	return nil
}

func fetch(t *testing.T, c hosted.Catalog) {
	t.Helper()
	for range 2 { // the second time it replaces the first copy
		models, err := c.Models(t.Context(), 0)
		servers, serversErr := c.Servers(t.Context(), 0)
		if err := errors.Join(err, serversErr, models.Stale, models.NotCached, servers.NotCached); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACopyServesOnlyItsOwner(t *testing.T) {
	service, c := catalogOf(t, hosted.Owner("https://a.test", "usr_ada", "x"))
	if err := served(t, service, *c); !errors.Is(err, hosted.ErrUnreachable) {
		t.Errorf("without a copy: %v", err)
	}
	fetch(t, *c)
	if err := served(t, service, *c); err != nil {
		t.Error(err)
	}
	for name, owner := range map[string]string{
		"another account": hosted.Owner("https://a.test", "usr_grace", "x"),
		"another service": hosted.Owner("https://b.test", "usr_ada", "x"),
		"a token":         hosted.Owner("https://a.test", "", "usr_ada"),
		"nobody":          "",
	} {
		other := *c
		other.Owner = owner
		if err := served(t, service, other); !errors.Is(err, hosted.ErrUnreachable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	same := *c
	same.Owner = hosted.Owner("https://a.test", "usr_ada", "a token that was renewed")
	if err := served(t, service, same); err != nil {
		t.Errorf("a renewed token: %v", err)
	}
	c.Owner = "another"
	c.DropForeign(t.Context())
	if entries, _ := os.ReadDir(c.Dir); len(entries) != 0 {
		t.Errorf("left of another owner: %v", entries)
	}
}

func TestAFreshCopyNeedsNoRequest(t *testing.T) {
	service, c := catalogOf(t, "me")
	fetch(t, *c)
	asked := len(service.Requests())
	for age, want := range map[time.Duration]int{0: 0, 9 * time.Minute: 0, 11 * time.Minute: 1, -time.Hour: 1} {
		later := *c
		later.Now = func() time.Time { return time.Now().Add(age) }
		later.WhileActive = func(context.Context, func(context.Context) error) error { return nil }
		got, err := later.Models(t.Context(), 10*time.Minute)
		if n := len(service.Requests()) - asked; err != nil || got.Stale != nil || n != want {
			t.Errorf("at the age of %s: %d requests, %v", age, n, err)
		}
		asked = len(service.Requests())
	}
}

func TestNoCopyServesAfterARefusal(t *testing.T) {
	for status, want := range map[int]error{401: hosted.ErrUnauthorized, 302: hosted.ErrUnauthorized, 403: hosted.ErrForbidden} {
		service, c := catalogOf(t, "me")
		fetch(t, *c)
		fault := accountserver.Fault{Path: accountserver.APIPath, Status: status}
		if status == 302 {
			fault.Redirect = "/login"
		}
		service.Fail(fault)
		if got, err := c.Models(t.Context(), 0); !errors.Is(err, want) || got.List != nil {
			t.Errorf("%d: %v with %d models", status, err, len(got.List))
		}
	}
	_, c := catalogOf(t, "me")
	fetch(t, *c)
	gone := errors.New("signed out")
	c.Token = func(context.Context) (string, error) { return "", gone }
	if _, err := c.Models(t.Context(), 0); !errors.Is(err, gone) {
		t.Errorf("signed out: %v", err)
	}
}

func TestSecretsAreSealedUnlessSealReturnsNothing(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		service, c := catalogOf(t, "me")
		if !sealed {
			c.Seal = func(context.Context, []byte) (string, error) { return "", nil }
		}
		fetch(t, *c)
		text, err := os.ReadFile(filepath.Join(c.Dir, "mcp-servers.remote.json"))
		if err != nil || strings.Contains(string(text), mark) == sealed {
			t.Errorf("sealed %v: %v", sealed, err)
		}
		if err := served(t, service, *c); err != nil {
			t.Errorf("sealed %v: %v", sealed, err)
		}
		c.SealedOnly = true
		if err := served(t, service, *c); (err == nil) != sealed {
			t.Errorf("sealed %v, with SealedOnly: %v", sealed, err)
		}
		if _, err := os.Stat(filepath.Join(c.Dir, "mcp-servers.remote.json")); (err == nil) != sealed {
			t.Errorf("sealed %v: an unencrypted copy stays: %v", sealed, err)
		}
	}
	_, c := catalogOf(t, "me")
	refused := errors.New("locked")
	c.Seal = func(context.Context, []byte) (string, error) { return "", refused }
	got, err := c.Servers(t.Context(), 0)
	if err != nil || len(got.List) != 1 || !errors.Is(got.NotCached, refused) {
		t.Errorf("Seal fails: %v, %v", err, got.NotCached)
	}
	if entries, _ := os.ReadDir(c.Dir); len(entries) != 0 {
		t.Errorf("written despite it: %v", entries)
	}
}

func TestACopyThatCannotBeDecryptedCountsAsMissing(t *testing.T) {
	service, c := catalogOf(t, "me")
	fetch(t, *c)
	c.Open = func(context.Context, string) ([]byte, error) { return nil, errors.New("another key") }
	if err := served(t, service, *c); !errors.Is(err, hosted.ErrUnreachable) {
		t.Error(err)
	}
	c.DropForeign(t.Context())
	if entries, _ := os.ReadDir(c.Dir); len(entries) != 2 {
		t.Errorf("a copy that can't be opened now is gone: %v", entries)
	}
}

func TestCorruptCopiesAreReplaced(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "half": `{"version":1,"owner":"me","data":{"mod`, "no data": `{"version":1,"owner":"me"}`,
		"later": `{"version":2,"owner":"me","data":{"models":[]}}`, "other data": `{"version":1,"owner":"me","data":[]}`,
		"no list": `{"version":1,"owner":"me","data":{}}`, "null": "null", "sealed twice": `{"sealed":"sealed:}}"}`,
		"long": strings.Repeat(" ", 13<<20),
	} {
		t.Run(name, func(t *testing.T) {
			service, c := catalogOf(t, "me")
			for _, file := range []string{"models.remote.json", "mcp-servers.remote.json"} {
				if err := os.WriteFile(filepath.Join(c.Dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := served(t, service, *c); !errors.Is(err, hosted.ErrUnreachable) {
				t.Error(err)
			}
			fetch(t, *c)
			if err := served(t, service, *c); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConcurrentWritersLeaveWholeCopies(t *testing.T) {
	service, c := catalogOf(t, "me")
	if err := os.WriteFile(filepath.Join(c.Dir, ".models.remote.json.tmp-killed"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	var one sync.Mutex
	c.WhileActive = func(ctx context.Context, save func(context.Context) error) error {
		one.Lock()
		defer one.Unlock()
		return save(ctx)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { fetch(t, *c) })
	}
	all.Wait()
	if err := served(t, service, *c); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(c.Dir); len(entries) != 2 {
		t.Errorf("left: %v", entries)
	}
}

func TestClearRemovesTheCachedCopiesOnly(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"models.remote.json", "mcp-servers.remote.json", "auth.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time there is nothing to remove
		if err := hosted.Clear(dir); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "auth.json" {
		t.Errorf("left %v, %v", left, err)
	}
}

func FuzzCopy(f *testing.F) {
	f.Add([]byte(`{"version":1,"owner":"me","fetched_at":"2026-11-23T12:00:00Z","data":{"models":[{"id":"a"}],"servers":[]}}`))
	f.Add([]byte(`{"sealed":"sealed:` + reversed(`{"version":1,"owner":"me","data":{"servers":[]}}`) + `"}`))
	f.Add([]byte(`{"sealed":{"sealed":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		offline := func(context.Context) (string, error) { return "", &hosted.Error{Kind: hosted.ErrUnreachable} }
		c := hosted.Catalog{Cache: newCache(t, "me"), Now: time.Now, Token: offline}
		for _, file := range []string{"models.remote.json", "mcp-servers.remote.json"} {
			if err := os.WriteFile(filepath.Join(c.Dir, file), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := c.Models(t.Context(), 0); err == nil && got.Stale == nil {
			t.Error("a copy passes for the service's answer")
		}
		if got, err := c.Servers(t.Context(), 0); err == nil {
			_ = fmt.Sprint(got)
		}
	})
}
