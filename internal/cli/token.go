package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

func (p *program) tokenCommand() *cli.Command {
	return &cli.Command{
		Name:  "token",
		Usage: "print the active token",
		Description: `Prints the token and a newline on stdout, and nothing else. A token that is
about to expire is renewed first. Never opens a browser.

Examples:
  mogplex auth token
  mogplex auth token --min-ttl 10m       valid for at least ten minutes
  mogplex auth token --provider openai   that provider's key`,
		Flags: []cli.Flag{
			providerFlag(),
			&cli.DurationFlag{Name: "min-ttl", Value: time.Minute, Usage: "renew a token that expires within `TIME`"},
		},
		Action: p.quickCommand(p.printToken),
	}
}

func (p *program) printToken(ctx context.Context, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	minTTL := c.Duration("min-ttl")
	if minTTL < 0 {
		return account.UsageError("--min-ttl must be a time such as 60s, not less than 0")
	}
	res, err := p.account.Token(ctx, auth.Query{Provider: provider}, minTTL)
	p.warnBefore(err, res.Warnings)
	if err != nil {
		return err
	}
	expires := res.Credential.ExpiresAt
	if left := expires.Sub(p.env.Now()); !expires.IsZero() && left < minTTL {
		p.warn(fmt.Sprintf("the token expires in %s, sooner than --min-ttl asks for", text.Duration(left)))
	}
	fmt.Fprintln(p.stdout, res.Credential.Token.Reveal())
	return nil
}
