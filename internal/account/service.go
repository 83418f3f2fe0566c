package account

import (
	"context"
	"errors"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/legacyfile"
	"github.com/mogplex/mogplex-cli/login"
)

// loginClient returns the OAuth client of an origin, with the settings that config.toml
// has for it. Only mogplex.com and a development service, which has plain http, may lack
// metadata: their paths are known.
func (a *Account) loginClient(origin string) *login.Client {
	client := &login.Client{Origin: origin, HTTP: a.client(), AllowLoopbackHTTP: a.Dev, Now: a.env.Now}
	client.RequireMetadata = origin != auth.DefaultOrigin && !strings.HasPrefix(origin, "http://")
	if id, scopes, found := a.ServiceAt(origin); found {
		client.ClientID, client.Scopes, client.RequireMetadata = id, scopes, true
	}
	return client
}

// api returns the client of the account service.
func (a *Account) api() hosted.Client {
	return hosted.Client{Origin: a.Origin, HTTP: a.client()}
}

// inferencePath is the path for prompts at the account service.
const inferencePath = "/api/cli/inference"

// Chat returns a client that sends prompts to the service of a credential.
func (a *Account) Chat(c auth.Credential) chat.Client {
	if c.Provider == auth.Mogplex {
		return chat.Client{BaseURL: a.Origin + inferencePath, HTTP: a.promptClient()}
	}
	p, _ := auth.ProviderNamed(c.Provider)
	return chat.Client{BaseURL: p.BaseURL, HTTP: a.promptClient(), Anthropic: c.Provider == "anthropic"}
}

// newManager returns a manager of the stores in the settings, the environment and the
// service.
func (a *Account) newManager(s settings.Settings, file *legacyfile.File) *auth.Manager {
	return &auth.Manager{
		Resolver: auth.Resolver{
			LookupEnv: a.env.LookupEnv, Dir: &auth.Directory{Path: s.Dir, UserHome: a.env.UserDatabase},
			Profile: s.Profile, Origin: s.Origin, Layers: a.layers(s, file),
			Displaced: func(path string) auth.Place { return legacyfile.New(path, legacyfile.Options{ReadOnly: s.ReadOnly}) },
		},
		Now:        a.env.Now,
		Unattended: unattended,
		BeforeLock: func() {
			a.env.BeforeLock()
			a.waiting()
		},
		Refresh: a.refresh,
		Revoke:  a.revokeUnsaved,
		Check:   a.checkTimes,
	}
}

// refresh exchanges the refresh token of a credential at the service.
func (a *Account) refresh(ctx context.Context, c auth.Credential) (auth.Credential, error) {
	grant, err := a.loginClient(a.Origin).Refresh(ctx, c.Refresh.Reveal())
	if errors.Is(err, login.ErrInvalidGrant) {
		text := auth.ErrRejected.Error()
		if e := (*login.Error)(nil); errors.As(err, &e) && e.Description != "" {
			text += ": " + e.Description
		}
		return c, settings.Reworded{Err: errors.Join(auth.ErrRejected, err), Text: text}
	}
	if err != nil {
		return c, err
	}
	return granted(c, grant), nil
}

// granted puts a grant's tokens into a credential. It keeps the account and the scopes
// of the credential if the grant has none, as is usual after a refresh.
func granted(c auth.Credential, g *login.Grant) auth.Credential {
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
