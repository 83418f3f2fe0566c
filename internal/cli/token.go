package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
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
  mogplex auth token --provider openai   that provider's key
  mogplex auth token --json              with its header and its expiry
  mogplex auth token --header | curl -H @- https://mogplex.com/api/v1/mogplex/models`,
		Flags: []cli.Flag{
			providerFlag(), jsonFlag(),
			&cli.BoolFlag{Name: "header", Usage: "print the whole line of the HTTP header"},
			minTTLFlag(time.Minute),
		},
		Action: p.quickCommand(p.printToken),
	}
}

func (p *program) printToken(ctx context.Context, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	minTTL, err := minTTLValue(c)
	if err != nil {
		return err
	}
	header := c.Bool("header")
	if header && p.json {
		return settings.UsageError("use one of --header and --json")
	}
	res, err := p.token(ctx, provider, minTTL)
	switch {
	case err != nil:
		return err
	case p.json:
		p.printJSON(p.tokenReport(res.Credential))
	case header:
		h := headerOf(res.Credential)
		fmt.Fprintf(p.stdout, "%s: %s\n", h.Name, h.Value)
	default:
		fmt.Fprintln(p.stdout, res.Credential.Token.Reveal())
	}
	return nil
}

// token returns a credential that stays valid for minTTL, and warns if it does not.
func (p *program) token(ctx context.Context, provider string, minTTL time.Duration) (auth.Result, error) {
	res, err := p.account.Token(ctx, auth.Query{Provider: provider}, minTTL)
	p.warnBefore(err, res.Warnings)
	expires := res.Credential.ExpiresAt
	if left := expires.Sub(p.env.Now()); err == nil && !expires.IsZero() && left < minTTL {
		p.warn(fmt.Sprintf("the token expires in %s, sooner than --min-ttl asks for", text.Duration(left)))
	}
	return res, err
}
