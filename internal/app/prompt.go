package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Prompt implements [talk.Services]. It looks the credential up for each prompt, so that a removed one is not used.
func (a *App) Prompt(ctx context.Context, conversation talk.Conversation, say func(piece string)) error {
	res, err := a.credential(ctx)
	if err != nil {
		return a.failed("prompt", err)
	}
	if held := conversation.Session; held != "" && held != identity(res.Credential) {
		return a.failed("prompt", account.ErrReplaced)
	}
	request := chat.Request{Model: conversation.Model}
	size := 0
	for _, turn := range conversation.Turns {
		request.Messages = append(request.Messages, chat.Message{Role: turn.Role, Content: turn.Text})
		size += len(turn.Text)
	}
	a.log.Event("prompt sent", loggedProvider(res.Credential.Provider), a.loggedModel(request.Model),
		sessionlog.Count("turns", len(request.Messages)), sessionlog.Count("bytes", size))
	said := 0
	err = a.send(ctx, res, request, func(piece string) {
		said += len(piece)
		say(piece)
	})
	if err == nil {
		a.log.Event("prompt answered", sessionlog.Count("bytes", said))
	}
	return a.failed("prompt", err)
}

// send sends a request. If the service refuses the token, it renews it and sends once more.
func (a *App) send(ctx context.Context, res auth.Result, request chat.Request, say func(string)) error {
	c := res.Credential
	if request.Model == "" && c.Provider != auth.Mogplex {
		return account.HintError{Err: errors.New("no model is chosen"), Hint: "Pick one with /models."} // a provider has no choice of its own
	}
	err := a.asked(ctx, c, a.Account.Chat(c).Stream(ctx, request, c.Token.Reveal(), say))
	if !errors.Is(err, chat.ErrUnauthorized) || !c.Refreshable() {
		return wrongKey(res, err)
	}
	again, renewErr := a.Account.Manager.Renew(ctx)
	switch {
	case errors.Is(renewErr, auth.ErrRejected), errors.Is(renewErr, auth.ErrExpired):
		return err // it says the same in fewer words
	case renewErr != nil:
		return fmt.Errorf("%w; renewing it: %w", err, renewErr)
	}
	if identity(again.Credential) != identity(c) {
		return account.ErrReplaced
	}
	c = again.Credential
	return a.asked(ctx, c, a.Account.Chat(c).Stream(ctx, request, c.Token.Reveal(), say))
}

// asked finds out what a redirect to the login page means: the service does not accept the token, or not for prompts.
func (a *App) asked(ctx context.Context, c auth.Credential, err error) error {
	if !errors.Is(err, chat.ErrRedirected) || c.Provider != auth.Mogplex {
		return err
	}
	if errors.Is(a.Account.Accepts(ctx, c), hosted.ErrUnauthorized) {
		return &chat.Error{Kind: chat.ErrUnauthorized}
	}
	if c.Type == auth.PAT {
		return account.HintError{Err: err, Hint: "Make another token at " + a.Account.Origin + "/settings/api-keys, and store it with /login."}
	}
	return err
}

// wrongKey names the variable that holds a refused credential: signing in would not help.
func wrongKey(res auth.Result, err error) error {
	refused := errors.Is(err, chat.ErrUnauthorized) || errors.Is(err, hosted.ErrUnauthorized)
	if res.Source != auth.Env || !refused {
		return err
	}
	p, _ := auth.ProviderNamed(res.Credential.Provider)
	return account.HintError{Err: err, Hint: "It is the value of " + p.Variable + ": correct it, or unset it and start again."}
}
