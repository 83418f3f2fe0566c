package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// Session implements [talk.Services].
func (a *app) Session(ctx context.Context) (talk.Session, error) {
	now := talk.Session{Service: a.account.Origin}
	res, err := a.credential(ctx)
	now.Warnings = finishedWarnings(res.Warnings, a.account.Notices())
	switch {
	case errors.Is(err, auth.ErrNotSignedIn):
		return now, nil
	case errors.Is(err, auth.ErrExpired), errors.Is(err, auth.ErrRejected):
		now.Ended = true
		return now, nil
	case err != nil:
		return now, a.failed("session", err)
	}
	c := res.Credential
	now.SignedIn, now.ID, now.Provider = true, identity(c), c.Provider
	now.Account, now.Source, now.Service = accountName(c.Account), a.sourceOf(ctx, res), a.serviceOf(c)
	if c.Provider == auth.Mogplex { // not before: a locked keychain is asked for once
		a.synced.Do(func() { a.background.Go(a.sync) })
	}
	return now, nil
}

// identity tells one person or key from another, across renewals.
func identity(c auth.Credential) string {
	who := c.Account.ID
	if who == "" {
		who = c.Account.Email
	}
	if c.Type != auth.OAuth {
		who = c.Token.Reveal()
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{c.Provider, string(c.Type), c.Issuer, who}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// sourceOf names where the credential in force comes from.
func (a *app) sourceOf(ctx context.Context, res auth.Result) string {
	switch res.Source {
	case auth.Env:
		p, _ := auth.ProviderNamed(res.Credential.Provider)
		return p.Variable
	case auth.InKeychain:
		return a.account.KeychainName(ctx)
	}
	return text.Printable(filepath.Base(res.Path))
}

// serviceOf names where prompts go.
func (a *app) serviceOf(c auth.Credential) string {
	if c.Provider == auth.Mogplex {
		return a.account.Origin
	}
	return c.Provider
}

// Status implements [talk.Services].
func (a *app) Status(ctx context.Context) (string, error) {
	st, err := a.account.Status(ctx, "", false)
	if ctx.Err() != nil {
		return "", err
	}
	var shown strings.Builder
	r := a.statusReport(ctx, st, err)
	printStatus(&shown, r, st, a.env.Now())
	for _, w := range r.Warnings {
		shown.WriteString("Warning: " + warning(w) + "\n")
	}
	if hint := a.Explain(err).Hint; hint != "" { // what is wrong, the text says
		shown.WriteString("\n" + hint + "\n")
	}
	return shown.String(), nil
}

// finishedWarnings are warnings as printable sentences.
func finishedWarnings(lists ...[]string) (sentences []string) {
	for _, w := range slices.Concat(lists...) {
		sentences = append(sentences, finished(warning(w)))
	}
	return sentences
}
