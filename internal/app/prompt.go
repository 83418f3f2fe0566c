package app

import (
	"context"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Prompt implements [talk.Services]. It looks the credential up for each prompt, so that a removed one is not used.
func (a *App) Prompt(ctx context.Context, conversation talk.Conversation, say func(piece string)) error {
	res, err := a.credential(ctx)
	if err != nil {
		return a.failed("prompt", err)
	}
	if held := conversation.Session; held != "" && held != account.Identity(res.Credential) {
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
	_, err = a.Account.Prompt(ctx, res, request, func(piece string) {
		said += len(piece)
		say(piece)
	})
	if err == nil {
		a.log.Event("prompt answered", sessionlog.Count("bytes", said))
	}
	return a.failed("prompt", err)
}
