package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) refreshCommand() *cli.Command {
	return &cli.Command{
		Name:  "refresh",
		Usage: "renew the Mogplex token now",
		Description: `Renews the token of a browser sign-in, even if it does not expire soon. The
old token stays stored until the new one is.

Examples:
  mogplex auth refresh
  mogplex auth refresh --json   what is stored now, without the token`,
		Flags:  []cli.Flag{jsonFlag()},
		Action: p.command(p.refresh),
	}
}

func (p *program) refresh(ctx context.Context, _ *cli.Context) error {
	res, err := p.account.Renew(ctx)
	p.warnBefore(err, res.Warnings)
	c := res.Credential
	switch {
	case errors.Is(err, auth.ErrNotRefreshable) && res.Source == auth.Env:
		return settings.HintError{
			Err:  fmt.Errorf("%w: it is the value of MOGPLEX_API_KEY", err),
			Hint: "Unset MOGPLEX_API_KEY to renew what is stored.",
		}
	case errors.Is(err, auth.ErrNotRefreshable) && c.Type == auth.OAuth && c.Refresh.IsZero():
		return settings.HintError{
			Err:  fmt.Errorf("%w: %s gave no refresh token with it", err, p.account.Origin),
			Hint: "The token " + words.Lifetime(c, p.env.Now()) + ". Sign in again with `mogplex login` when it ends.",
		}
	case err != nil:
		return err
	}
	if p.json {
		p.printJSON(p.savedReport(res.Source, c, nil))
		return nil
	}
	p.say("Renewed. The token %s. It is stored in %s.", words.Lifetime(c, p.env.Now()), p.account.StoreName(ctx, res.Source, res.Path))
	return nil
}
