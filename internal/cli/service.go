package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/legacyfile"
	"github.com/mogplex/mogplex-cli/login"
)

// httpClient is made when a command first needs the network.
var httpClient = sync.OnceValue(func() *http.Client { return login.NewHTTPClient(userAgent()) })

// promptClient is for prompts. A model may think for longer than any other
// answer may take: package chat has the limits.
var promptClient = sync.OnceValue(func() *http.Client { return &http.Client{Transport: login.NewTransport(userAgent())} })

// userAgent is how requests name this program: "mogplex/v1.2.3".
func userAgent() string { return "mogplex/" + strings.Trim(version(), "()") }

func (p *program) loginClient(s settings, origin string) *login.Client {
	return &login.Client{Origin: origin, HTTP: httpClient(), AllowLoopbackHTTP: s.dev, Now: p.now}
}

func (s settings) api() hosted.Client {
	return hosted.Client{Origin: s.origin, HTTP: httpClient()}
}

// manager wires the resolver to the stores, the environment and the service.
func (p *program) manager(s settings, st stores) *auth.Manager {
	return &auth.Manager{
		Resolver: auth.Resolver{
			LookupEnv: p.lookupEnv, Dir: &auth.Directory{Path: s.base, UserHome: p.userDatabase},
			Profile: s.profile, Origin: s.origin, Layers: st.layers(auth.Key{Dir: s.base, Profile: s.profile}),
			Displaced: func(path string) auth.Place { return legacyfile.New(path, legacyfile.Options{}) },
		},
		Now:        p.now,
		Unattended: unattended,
		BeforeLock: func() {
			p.catchSignals()
			p.waits()
		},
		Refresh: func(ctx context.Context, c auth.Credential) (auth.Credential, error) {
			grant, err := p.loginClient(s, s.origin).Refresh(ctx, c.Refresh.Reveal())
			if errors.Is(err, login.ErrInvalidGrant) {
				return c, fmt.Errorf("%w (%w)", auth.ErrRejected, err)
			}
			if err != nil {
				return c, err
			}
			return renewed(c, grant), nil
		},
	}
}

// renewed puts an answer's tokens into a credential. What a refresh does not
// say, the account and mostly the scopes, stays.
func renewed(c auth.Credential, g *login.Grant) auth.Credential {
	c.Type, c.Provider, c.Issuer = auth.OAuth, auth.Mogplex, g.Issuer
	c.Token, c.Refresh, c.ExpiresAt = auth.NewSecret(g.Token.AccessToken), auth.NewSecret(g.Token.RefreshToken), g.Token.Expiry
	if !g.SignInExpiresAt.IsZero() {
		c.SignInExpiresAt = g.SignInExpiresAt
	}
	if len(g.Scopes) > 0 {
		c.Scopes = g.Scopes
	}
	if g.Identity != (login.Identity{}) {
		c.Account = auth.Account{ID: g.Identity.Subject, Email: g.Identity.Email, Name: g.Identity.Name}
	}
	return c
}
