package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// Prompt sends a conversation to the service of a credential that Token returned, and
// calls say with each piece of the answer, uncleaned. If the service refuses the token, it
// renews it and sends once more.
func (a *Account) Prompt(ctx context.Context, res auth.Result, request chat.Request, say func(piece string)) (chat.Answer, error) {
	c := res.Credential
	if request.Model == "" && c.Provider != auth.Mogplex {
		return chat.Answer{}, ErrNoModel
	}
	answer, err := a.send(ctx, c, request, say)
	if !errors.Is(err, chat.ErrUnauthorized) || !c.Refreshable() {
		return answer, RefusedVariable(res, err)
	}
	again, renewErr := a.Manager.Renew(ctx)
	switch {
	case errors.Is(renewErr, auth.ErrRejected), errors.Is(renewErr, auth.ErrExpired):
		return answer, err // it says the same in fewer words
	case renewErr != nil:
		return answer, fmt.Errorf("%w; renewing it: %w", err, renewErr)
	case Identity(again.Credential) != Identity(c):
		return answer, ErrReplaced
	}
	return a.send(ctx, again.Credential, request, say)
}

// send sends a conversation once. It finds out what a redirect to the login page means:
// the service does not accept the token, or not for prompts.
func (a *Account) send(ctx context.Context, c auth.Credential, request chat.Request, say func(piece string)) (chat.Answer, error) {
	answer, err := a.Chat(c).Stream(ctx, request, c.Token.Reveal(), say)
	switch {
	case c.Provider != auth.Mogplex:
		err = forProvider(err, c.Provider)
	case !errors.Is(err, chat.ErrRedirected):
	case errors.Is(a.Accepts(ctx, c), hosted.ErrUnauthorized):
		err = &chat.Error{Kind: chat.ErrUnauthorized}
	case c.Type == auth.PAT:
		err = patRedirected{err}
	}
	return answer, err
}

// patRedirected is a redirected prompt with a personal access token.
type patRedirected struct{ error }

func (e patRedirected) Unwrap() []error { return []error{e.error, ErrOtherToken} }

// RefusedVariable adds to the error of a refused credential the variable that holds it:
// signing in would not help.
func RefusedVariable(res auth.Result, err error) error {
	if res.Source != auth.Env || !errors.Is(err, hosted.ErrUnauthorized) {
		return err
	}
	p, _ := auth.ProviderNamed(res.Credential.Provider)
	return settings.HintError{Err: err, Hint: "It is the value of " + p.Variable + ": correct it, or unset it, then start mogplex again."}
}

// Identity identifies a person or key. A renewal does not change it.
func Identity(c auth.Credential) string {
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
