package words

import (
	"context"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
)

// SignedIn reports in which profile and where a credential is stored, and which ones it replaced. It warns about a
// missing refresh token, and about variables that come before the credential.
func SignedIn(ctx context.Context, a *account.Account, saved auth.Saved) (out Lines) {
	c := saved.Credential
	what := "Signed in"
	if name := AccountName(c.Account); name != "" {
		what += " as " + name
	}
	if c.Type != auth.OAuth {
		what = "Stored the credential of " + c.Provider
	}
	out.Say("%s%s. It is stored in %s.", what, OfProfile(a.CommandProfile()), a.StoreName(ctx, saved.Layer, saved.Path))
	for _, old := range saved.Replaced {
		out.Say("%s", Replaced(old))
	}
	if c.Type == auth.OAuth && c.Refresh.IsZero() {
		out.Warn(fmt.Sprintf("%s gave no refresh token: the token %s, and can't be renewed", a.Origin, Lifetime(c, a.Now())))
	}
	for _, p := range a.EnvProviders() {
		switch {
		case p.Name == c.Provider:
			out.Warn(p.Variable + " is set, and still comes before the stored credential")
		case c.Provider == auth.Mogplex:
			out.Warn(p.Variable + " is set, and comes before it if no provider is named")
		}
	}
	return out
}

// Replaced reports whose credential a new one replaced.
func Replaced(old auth.Credential) string {
	name := AccountName(old.Account)
	switch {
	case old.Type == auth.APIKey:
		return "It replaces the key that was stored before."
	case name != "":
		return "It replaces the sign-in of " + name + "."
	case old.Type == auth.PAT:
		return "It replaces the personal access token that was stored before."
	}
	return "It replaces the sign-in that was stored before."
}
