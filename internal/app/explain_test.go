package app

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	a := &App{}
	for _, c := range []struct {
		err  error
		want talk.Problem
	}{
		{nil, talk.Problem{}},
		{fmt.Errorf("prompt: %w", context.Canceled), talk.Problem{Text: "Interrupted.", Gone: true}},
		{fmt.Errorf("%w: no credential is set or stored", auth.ErrNotSignedIn),
			talk.Problem{Text: "Not signed in: no credential is set or stored.", Hint: "Sign in with /login.", SignIn: true}},
		{&chat.Error{Kind: chat.ErrUnreachable, Status: 502},
			talk.Problem{
				Text: "No usable answer from the service (HTTP 502).",
				Hint: "The service has trouble of its own. Try again later.",
			}},
		{&chat.Error{Kind: chat.ErrRateLimited, RetryAfter: 9 * time.Second},
			talk.Problem{Text: "The service asks to wait 9s.", Hint: "Try again in 9 seconds."}},
		{&hosted.Error{Kind: hosted.ErrUnreachable, Status: 503, RetryAfter: 7 * time.Second},
			talk.Problem{Text: "No usable answer from the service (HTTP 503).", Hint: "Try again in 7 seconds."}},
		{&hosted.Error{Kind: hosted.ErrUnreachable, Status: 500},
			talk.Problem{
				Text: "No usable answer from the service (HTTP 500).",
				Hint: "The service has trouble of its own. Try again later.",
			}},
		{&hosted.Error{Kind: hosted.ErrRateLimited, Status: 429, RetryAfter: 7 * time.Second},
			talk.Problem{Text: "The service asks to wait 7s.", Hint: "Try again in 7 seconds."}},
		{settings.HintError{Err: &chat.Error{Kind: chat.ErrUnauthorized}, Hint: "Unset it."},
			talk.Problem{Text: "The service does not accept the credential.", Hint: "Unset it."}},
		{settings.UsageError("a token or key is one word of printable characters"),
			talk.Problem{Text: "A token or key is one word of printable characters."}},
		{errors.New("/home/ada/auth.json is a pipe"), talk.Problem{Text: "/home/ada/auth.json is a pipe."}},
	} {
		if got := a.Explain(c.err); got != c.want {
			t.Errorf("%v:\n%+v in place of\n%+v", c.err, got, c.want)
		}
	}
}
