package auth_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/oauth2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// A program hands the account's token to any client of golang.org/x/oauth2. It is
// renewed under a lock that all processes share, and stored before it is used.
func ExampleManager_TokenSource() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	m := fileManager(dir)
	if _, err := m.SignIn(ctx, auth.Credential{
		Provider: auth.Mogplex, Type: auth.OAuth,
		Token: auth.NewSecret("expired"), Refresh: auth.NewSecret("refresh"), ExpiresAt: time.Now(),
	}); err != nil {
		log.Fatal(err)
	}

	client := oauth2.NewClient(ctx, m.TokenSource(ctx)) // requests carry the token
	_ = client

	token, err := m.TokenSource(ctx).Token()
	if err != nil {
		log.Fatal(err)
	}
	stored, err := m.Resolve(ctx, auth.Query{Provider: auth.Mogplex})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Type(), token.AccessToken, stored.Credential.Token.Reveal() == token.AccessToken)
	// Output: Bearer renewed true
}

// fileManager keeps credentials in auth.json alone.
func fileManager(dir string) *auth.Manager {
	f := legacyfile.New(filepath.Join(dir, "auth.json"), legacyfile.Options{})
	return &auth.Manager{
		Resolver: auth.Resolver{
			LookupEnv: func(string) (string, bool) { return "", false }, // os.LookupEnv, in a program
			Layers: []auth.Layer{{
				Name: auth.InFile, Path: f.Path(), Store: auth.FileStore(f, auth.Key{Dir: dir}),
				State:   func(error) auth.State { return auth.Denied },
				LockDir: func(k auth.Key) string { return filepath.Join(k.Home(), "locks") },
			}},
			Dir:    &auth.Directory{Path: dir, UserHome: func() string { return "/nonexistent" }},
			Origin: auth.DefaultOrigin,
		},
		Refresh: func(_ context.Context, c auth.Credential) (auth.Credential, error) {
			c.Token, c.ExpiresAt = auth.NewSecret("renewed"), time.Now().Add(time.Hour) // package login asks the service
			return c, nil
		},
		Revoke:     func(context.Context, auth.Credential) {},
		Unattended: func(ctx context.Context) context.Context { return ctx },
		Now:        time.Now,
	}
}
