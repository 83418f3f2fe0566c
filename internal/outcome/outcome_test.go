package outcome

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/keyring"
)

// The app has no command line: its hints name slash commands.
func TestEachOutcomeHasACodeAndAnAppHintWithoutCommands(t *testing.T) {
	Each(func(kind error, o Outcome) {
		if o.Code == "" || o.Exit == OK || strings.Contains(o.App, "`mogplex") || strings.HasPrefix(o.App, none) {
			t.Errorf("%v: %+v", kind, o)
		}
		if at := o.at("https://mogplex.com"); strings.Contains(at.App, service) {
			t.Errorf("%v: %s", kind, at.App)
		}
	})
}

func TestOf(t *testing.T) {
	busy := &hosted.Error{Kind: hosted.ErrUnreachable, Status: 503, RetryAfter: 7 * time.Second}
	for _, test := range []struct {
		err       error
		exit      int
		hint, app string
	}{
		{busy, Unavailable, "Try again in 7 seconds.", "Try again in 7 seconds."},
		{settings.HintError{Err: keyring.ErrLocked, Hint: "Do that."}, TryAgain, "Do that.", "Do that."},
		{fmt.Errorf("%w: %w", auth.ErrNotSaved, keyring.ErrLocked), TryAgain, "Unlock it, then try again.", "Unlock it, then try again."},
		{account.ProviderError{Err: auth.ErrNotSignedIn, Provider: "openai"}, NotSignedIn,
			"Store its key with `mogplex login --provider openai --with-api-key`, or set OPENAI_API_KEY.", "Sign in with /login."},
		{errors.New("any other"), Failure, "", ""},
	} {
		if o := Of(test.err); o.Exit != test.exit || o.Hint != test.hint || o.App != test.app {
			t.Errorf("%v: %+v", test.err, o)
		}
	}
}
