package cli

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// Without a deadline a session's end is tried until it is reached, or until ctx
// ends; several sessions don't wait for each other.
func TestSessionsAreEndedInTheBackground(t *testing.T) {
	t.Parallel()
	alive := startService(t, accountserver.Config{OfferRevocation: true})
	dead := startService(t, accountserver.Config{OfferRevocation: true})
	a := account.Open(newProgram().env, settings.Settings{Origin: alive.url, Dev: true})
	at := func(from *service) auth.Credential {
		_, refresh := from.issue()
		return auth.Credential{Provider: auth.Mogplex, Type: auth.OAuth, Issuer: from.url, Refresh: auth.NewSecret(refresh)}
	}
	alive.Fail(accountserver.Fault{Path: accountserver.RevokePath, Status: 503, Times: 2})
	once := at(alive)
	endings := a.KeepEnding(t.Context(), []auth.Credential{once, once})
	if len(endings) != 1 || endings[0].Err != nil || alive.RefreshValid(once.Refresh.Reveal()) {
		t.Errorf("%+v", endings)
	}

	here, there := at(alive), at(dead)
	dead.Fail(accountserver.Fault{Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan []account.Ending)
	go func() { done <- a.KeepEnding(ctx, []auth.Credential{there, here}) }()
	eventually(t, "the end of the session", func() bool { return !alive.RefreshValid(here.Refresh.Reveal()) })
	cancel() // the answer about the other may still be on its way
	if endings := <-done; len(endings) != 2 || !errors.Is(endings[0].Err, account.ErrGivenUp) || endings[0].Temporary() {
		t.Errorf("%+v", endings)
	}
}
