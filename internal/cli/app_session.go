package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Session implements [talk.Services].
func (a *app) Session(ctx context.Context) (talk.Session, error) {
	now := talk.Session{Service: a.session.origin, Warnings: a.takeWarnings()}
	s := a.collecting(&now.Warnings)
	res, err := s.token(ctx, auth.Query{}, time.Minute)
	s.warn(s.file.Notices()...)
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
	now.Account, now.Source, now.Service = accountName(c.Account), s.sourceOf(ctx, res), s.serviceOf(c)
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
func (s *session) sourceOf(ctx context.Context, res auth.Result) string {
	switch res.Source {
	case auth.Env:
		p, _ := auth.ProviderNamed(res.Credential.Provider)
		return p.Variable
	case auth.InKeychain:
		return s.keychainName(ctx)
	}
	return printable(filepath.Base(res.Path))
}

// serviceOf names where prompts go.
func (s *session) serviceOf(c auth.Credential) string {
	if c.Provider == auth.Mogplex {
		return s.origin
	}
	return c.Provider
}

// Status implements [talk.Services].
func (a *app) Status(ctx context.Context) (string, error) {
	var text bytes.Buffer
	s := a.session.heardBy(listener{
		said:   func(sentence string) { text.WriteString(sentence + "\n") },
		warned: func(sentence string) { text.WriteString("Warning: " + sentence + "\n") },
	})
	s.stdout = &text
	err := s.tellStatus(ctx, auth.Query{All: true}, false)
	if text.Len() == 0 || ctx.Err() != nil {
		return "", err
	}
	if hint := a.Explain(err).Hint; hint != "" { // what is wrong, the text says
		text.WriteString("\n" + hint + "\n")
	}
	return text.String(), nil
}
