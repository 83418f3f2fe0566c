package auth_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// counting is a Backend that counts its calls.
type counting struct {
	keyring.Backend
	reads, writes, lists, opens atomic.Int32
}

func (c *counting) Open(ctx context.Context, access keyring.Access) (keyring.Vault, error) {
	c.opens.Add(1)
	v, err := c.Backend.Open(ctx, access)
	return countingVault{v, c}, err
}

type countingVault struct {
	keyring.Vault
	c *counting
}

func (v countingVault) Get(ctx context.Context, name string) (string, bool, error) {
	v.c.reads.Add(1)
	return v.Vault.Get(ctx, name)
}

func (v countingVault) Set(ctx context.Context, name, payload string) error {
	v.c.writes.Add(1)
	return v.Vault.Set(ctx, name, payload)
}

func (v countingVault) Delete(ctx context.Context, name string) error {
	v.c.writes.Add(1)
	return v.Vault.Delete(ctx, name)
}

func (v countingVault) List(ctx context.Context) ([]string, error) {
	v.c.lists.Add(1)
	return v.Vault.List(ctx)
}

// want checks the calls since the last check.
func (c *counting) want(t *testing.T, what string, reads, writes, lists int32) {
	t.Helper()
	r, w, l, o := c.reads.Swap(0), c.writes.Swap(0), c.lists.Swap(0), c.opens.Swap(0)
	if r > reads || w > writes || l > lists || o > 1 {
		t.Errorf("%s: %d reads, %d writes, %d lists over %d connections; want at most %d, %d and %d over one", what, r, w, l, o, reads, writes, lists)
	}
	t.Logf("%s: %d reads, %d writes, %d lists", what, r, w, l)
}

// overKeyring is a manager on a keyring and an auth.json, in a directory with an
// id of its own.
func overKeyring(t testing.TB, b keyring.Backend) *auth.Manager {
	dir := t.TempDir()
	k := keyring.New(b, keyring.Options{})
	t.Cleanup(k.Close)
	f := legacyfile.New(filepath.Join(dir, "auth.json"), legacyfile.Options{})
	locks := func(k auth.Key) string { return filepath.Join(k.Home(), "locks") }
	state := func(error) auth.State { return auth.Denied }
	return &auth.Manager{
		Resolver: auth.Resolver{
			LookupEnv: func(string) (string, bool) { return "", false },
			Layers: []auth.Layer{
				{Name: auth.InKeychain, Store: auth.KeychainStore(auth.NewRing(k)), State: state, LockDir: locks},
				{Name: auth.InFile, Path: f.Path(), Store: auth.FileStore(f, auth.Key{Dir: dir}), State: state, LockDir: locks, Reserve: f.Reserve},
			},
			Dir:       &auth.Directory{Path: dir, UserHome: t.TempDir},
			Origin:    origin,
			Displaced: func(path string) auth.Place { return legacyfile.New(path, legacyfile.Options{}) },
		},
		Refresh: func(_ context.Context, c auth.Credential) (auth.Credential, error) {
			c.Token, c.Refresh, c.ExpiresAt = auth.NewSecret("new"), auth.NewSecret("refresh-new"), time.Now().Add(time.Hour)
			return c, nil
		},
		Revoke:     func(context.Context, auth.Credential) {},
		Unattended: func(ctx context.Context) context.Context { return ctx },
		Now:        time.Now,
	}
}

func signedIn(token string, ttl time.Duration) auth.Credential {
	return auth.Credential{
		Provider: auth.Mogplex, Type: auth.OAuth, Issuer: origin, ExpiresAt: time.Now().Add(ttl),
		Token: auth.NewSecret(token), Refresh: auth.NewSecret("refresh-" + token),
	}
}

func TestKeychainCallsPerOperation(t *testing.T) {
	c := &counting{Backend: keyringtest.Fake{Dir: t.TempDir()}}
	m := overKeyring(t, c)
	ctx := t.Context()

	_, err := m.SignIn(ctx, signedIn("a", time.Hour))
	must(t, err)
	c.want(t, "the first sign-in of a directory", 3, 1, 1)
	_, err = m.SignIn(ctx, signedIn("a", time.Hour))
	must(t, err)
	c.want(t, "a sign-in", 3, 1, 0)

	res, err := m.Token(ctx, auth.Query{}, time.Minute)
	must(t, err)
	c.want(t, "auth token", 1, 0, 0)

	res, err = m.Token(ctx, auth.Query{}, 2*time.Hour)
	if err != nil || res.Credential.Token.Reveal() != "a" {
		t.Fatalf("token %q, %v", res.Credential.Token.Reveal(), err) // one in the first half of its life
	}
	c.want(t, "auth token with a long --min-ttl", 1, 0, 0)

	if res, err = m.Renew(ctx); err != nil || res.Credential.Token.Reveal() != "new" {
		t.Fatalf("token %q, %v", res.Credential.Token.Reveal(), err)
	}
	c.want(t, "a renewal", 5, 2, 0)

	must(t, m.Move(ctx, m.Key(auth.Mogplex), auth.Move{From: auth.InKeychain, To: auth.InFile}).Err)
	c.want(t, "a migration to the file", 5, 1, 0)
	if res, err = m.Renew(ctx); err != nil || res.Source != auth.InFile {
		t.Fatalf("renewed in %s, %v", res.Source, err)
	}
	c.want(t, "a renewal in the file", 1, 0, 0)
	must(t, m.Move(ctx, m.Key(auth.Mogplex), auth.Move{From: auth.InFile, To: auth.InKeychain}).Err)
	c.want(t, "a migration to the keychain", 4, 1, 0)

	_, err = m.Remove(ctx, m.Key(auth.Mogplex))
	must(t, err)
	c.want(t, "a sign-out", 3, 1, 0)
	if _, err := m.Token(ctx, auth.Query{Provider: auth.Mogplex}, time.Minute); err == nil {
		t.Error("there is still a token")
	}
	c.want(t, "auth token of nobody", 1, 0, 0)
}

// However often it is renewed, one record has as many items as after the second
// renewal, also in a keychain whose items are so small that it is kept in parts.
func TestAHundredRenewalsLeaveOneRecord(t *testing.T) {
	for _, limit := range []int{0, 700} {
		fake := keyringtest.Fake{Dir: t.TempDir(), MaxBytes: limit}
		m := overKeyring(t, fake)
		_, err := m.SignIn(t.Context(), signedIn(strings.Repeat("a", 2000), time.Hour))
		must(t, err)
		renewals := 0
		m.Refresh = func(_ context.Context, c auth.Credential) (auth.Credential, error) {
			renewals++
			c.Token = auth.NewSecret(c.Token.Reveal()[1:] + string(rune('a'+renewals%26)))
			return c, nil
		}
		var early []string
		for n := range 100 {
			_, err := m.Renew(t.Context())
			must(t, err)
			if n == 1 {
				early, err = fake.List(t.Context())
				must(t, err)
			}
		}
		items, err := fake.List(t.Context())
		if err != nil || len(items) > len(early) || limit == 0 && len(items) != 1 {
			t.Errorf("limit %d: %d items after 2 renewals, %d after 100, %v", limit, len(early), len(items), err)
		}
	}
}
