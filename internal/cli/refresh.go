package cli

import (
	"context"
	"errors"
	"fmt"

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
	if c := res.Credential; errors.Is(err, auth.ErrNotRefreshable) && c.Type == auth.OAuth && c.Refresh.IsZero() {
		return hinted{fmt.Errorf("%w: %s gave no refresh token with it", err, s.origin),
			"The token " + lifetime(c, s.now()) + ". Sign in again with `mogplex login` when it ends."}
	}
	if err != nil {
		return s.explain(auth.Mogplex, res, err)
	}
	s.say("Renewed. The token %s. It is kept in %s.", lifetime(res.Credential, s.now()), s.place(ctx, res.Source, res.Path))
	return nil
}
