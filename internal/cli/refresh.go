package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

func (p *program) refreshCommand() *cli.Command {
	return &cli.Command{
		Name:  "refresh",
		Usage: "renew the Mogplex token now",
		Description: `Renews the token of a browser sign-in, whether or not it is due. The old token
stays in place until the new one is stored.

Example:
  mogplex auth refresh`,
		Action: p.command(refresh),
	}
}

func refresh(ctx context.Context, s *session, _ *cli.Context) (err error) {
	var res auth.Result
	err = s.patiently("Renewing the token", func() error {
		res, err = s.auth.Renew(ctx)
		return err
	})
	s.warn(res.Warnings...)
	if errors.Is(err, auth.ErrNotRefreshable) && res.Source == auth.Env {
		return hinted{fmt.Errorf("%w: it is the value of MOGPLEX_API_KEY", err), "Unset MOGPLEX_API_KEY to renew what is stored."}
	}
	if err != nil {
		return s.explain(auth.Mogplex, res, err)
	}
	s.say("Renewed. The token %s. It is kept in %s.", lifetime(res.Credential, s.now()), s.place(ctx, res.Source, res.Path))
	return nil
}

// place names a layer as a place, for the end of a sentence.
func (s *session) place(ctx context.Context, layer, path string) string {
	switch {
	case layer == auth.Keychain:
		return "the " + s.keychainName(ctx)
	case s.mode == storeKeychain:
		return path + ", encrypted with a key in the keychain"
	}
	return path + ", not encrypted"
}

// keychainName names the keychain in force, its kind without brackets of its own.
func (s *session) keychainName(ctx context.Context) string {
	kind := strings.NewReplacer(" (", ", ", ")", "").Replace(printable(s.keychain.Backend(ctx)))
	return "keychain (" + kind + ")"
}

// lifetime says how long a credential is good for.
func lifetime(c auth.Credential, now time.Time) string {
	left := c.ExpiresAt.Sub(now)
	switch {
	case c.ExpiresAt.IsZero():
		return "does not say when it expires"
	case left <= 0:
		return fmt.Sprintf("expired %s ago", roughly(-left))
	}
	return fmt.Sprintf("expires in %s", roughly(left))
}

// roughly rounds a time to what a person wants to know of it.
func roughly(d time.Duration) string {
	count := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d < 2*time.Minute:
		return count(int(d.Seconds()), "second")
	case d < 2*time.Hour:
		return count(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour")
	}
	return count(int(d.Hours()/24), "day")
}
