package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

func (p *program) tokenCommand() *cli.Command {
	return &cli.Command{
		Name:  "token",
		Usage: "print the token in force",
		Description: `Prints the token and a newline on stdout, and nothing else. A token that is
about to expire is renewed first. Never opens a browser.

Examples:
  mogplex auth token
  mogplex auth token --min-ttl 10m       good for at least ten minutes
  mogplex auth token --provider openai   that provider's key`,
		Flags: []cli.Flag{
			providerFlag(),
			&cli.DurationFlag{Name: "min-ttl", Value: time.Minute, Usage: "renew a token that lives for less than `TIME`"},
		},
		Action: p.quickCommand(printToken),
	}
}

func printToken(ctx context.Context, s *session, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	minTTL := c.Duration("min-ttl")
	if minTTL < 0 {
		return usageError{"--min-ttl is a time such as 60s, not less than 0"}
	}
	res, err := s.token(ctx, auth.Query{Provider: provider}, minTTL)
	if err != nil {
		return err
	}
	s.warnShort(res.Credential, minTTL)
	fmt.Fprintln(s.stdout, res.Credential.Token.Reveal())
	return nil
}

// warnShort warns of a token that does not live as long as was asked for.
func (s *session) warnShort(c auth.Credential, minTTL time.Duration) {
	if left := c.ExpiresAt.Sub(s.now()); !c.ExpiresAt.IsZero() && left < minTTL {
		s.warn(fmt.Sprintf("the token expires in %s, sooner than --min-ttl asks for", roughly(left)))
	}
}

// token resolves and renews, tells the warnings, and explains a failure.
func (s *session) token(ctx context.Context, q auth.Query, minTTL time.Duration) (res auth.Result, err error) {
	err = s.onceItWaits("Waiting for the credential", func() error {
		res, err = s.auth.Token(ctx, q, minTTL)
		return err
	})
	s.warn(res.Warnings...)
	if res.NotRenewed != nil {
		s.warn(fmt.Sprintf("the token was not renewed: %v", res.NotRenewed))
	}
	return res, s.explain(q.Provider, res, err)
}
