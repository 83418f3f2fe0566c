package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/login"
)

func (p *program) loginCommand() *cli.Command {
	return &cli.Command{
		Name:  "login",
		Usage: "sign in with the browser, or store a token or key",
		Description: `Opens the browser at the sign-in page and waits. The address is shown too: open
it on another machine, and paste the address you end up at. What was stored
before stays in force until the new credential is stored.

Examples:
  mogplex login
  mogplex login --no-browser                         over SSH
  mogplex login --with-token < token.txt             a personal access token
  mogplex login --provider openai --with-api-key < key.txt`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "no-browser", Usage: "open nothing; paste the callback address on stdin"},
			&cli.BoolFlag{Name: "device", Usage: "also show a code to type in on another device, where the service offers it"},
			&cli.BoolFlag{Name: "with-token", Usage: "read a personal access token from stdin"},
			&cli.BoolFlag{Name: "with-api-key", Usage: "read the key of --provider from stdin"},
			providerFlag(),
			&cli.DurationFlag{Name: "timeout", Value: 5 * time.Minute, Usage: "wait at most `TIME` for the browser"},
		},
		Action: p.command(signIn),
	}
}

func signIn(ctx context.Context, s *session, c *cli.Context) error {
	provider := c.String("provider")
	if provider == "" {
		provider = auth.Mogplex
	}
	if err := knownProvider(provider); err != nil {
		return err
	}
	switch {
	case c.Bool("with-token") && c.Bool("with-api-key"):
		return usageError{"use one of --with-token and --with-api-key"}
	case c.Bool("with-token") && provider != auth.Mogplex:
		return usageError{"--with-token is for Mogplex; for a provider's key use --with-api-key"}
	case c.Bool("with-api-key") && c.String("provider") == "":
		return usageError{"--with-api-key wants --provider NAME"}
	case c.Bool("with-token"), c.Bool("with-api-key"):
		return s.storeSecret(ctx, provider)
	case provider != auth.Mogplex:
		return usageError{"only Mogplex has a browser sign-in; store a key with --provider " + provider + " --with-api-key"}
	case c.Duration("timeout") <= 0:
		return usageError{"--timeout is a time such as 5m, more than 0"}
	}
	return s.browserSignIn(ctx, signInOptions{
		open: !c.Bool("no-browser"), device: c.Bool("device"), timeout: c.Duration("timeout"),
	})
}

type signInOptions struct {
	open    bool // a browser
	device  bool // the device grant as well
	timeout time.Duration
}

// browserSignIn signs a person in at the command line.
func (s *session) browserSignIn(ctx context.Context, opt signInOptions) error {
	flow := login.Flow{
		Show:          func(p login.Prompt) { s.showPrompt(p, opt) },
		Notice:        func(line string) { s.say("%s", line) },
		Deadline:      func(end time.Time) { s.say("Waiting for you until %s.", end.Local().Format("15:04:05")) },
		PasteRejected: func(err error) { s.say("That was not it: %s", sentence(err)) },
		Timeout:       opt.timeout,
		Device:        opt.device,
	}
	if opt.open && s.canOpenBrowser() {
		flow.Open = s.openBrowser
	}
	if !opt.open || s.isTerminal(s.stdin) {
		flow.Pasted = pastes(ctx, s.stdin)
	}
	saved, before, err := s.runSignIn(ctx, flow)
	if err != nil {
		return err
	}
	s.announce(ctx, saved)
	s.retire(ctx, before, saved.Credential)
	s.fetchHosted(ctx)
	return nil
}

// runSignIn signs a person in who is talked to through flow. Nothing that is
// stored changes before the new credential is stored in its place. It returns
// the credentials that this one replaced, for [session.retire].
func (s *session) runSignIn(ctx context.Context, flow login.Flow) (saved auth.Saved, before []auth.Credential, err error) {
	if before, err = s.beforeSignIn(ctx); err != nil {
		return saved, nil, err
	}
	flow.Save = func(ctx context.Context, g *login.Grant) (where string, err error) {
		saved, err = s.auth.Store(ctx, renewed(auth.Credential{}, g))
		return "in " + s.place(ctx, saved.Layer, saved.Path), err
	}
	grant, err := s.loginClient(s.origin).SignIn(ctx, flow)
	if err == nil {
		return saved, before, nil
	}
	s.warn(saved.Warnings...)
	if grant == nil {
		return saved, nil, err
	}
	if granted := renewed(auth.Credential{}, grant); s.isNowhere(ctx, granted) { // nobody may keep it
		s.retire(ctx, []auth.Credential{granted}, auth.Credential{})
	}
	return saved, nil, err
}

// isNowhere reports that no store holds a credential whose save failed. One
// that can't be read may: a keychain that was cut off in the middle keeps what
// it took, and one that does not answer does later what it was asked.
func (s *session) isNowhere(ctx context.Context, c auth.Credential) bool {
	res, _ := s.auth.Resolve(ctx, auth.Query{Provider: auth.Mogplex, All: true})
	for _, f := range res.Findings {
		if f.Layer != auth.Env && (f.Err != nil || f.Credential().Token.Equal(c.Token)) {
			return false
		}
	}
	return ctx.Err() == nil
}

// beforeSignIn reads what is stored now, and refuses to begin a sign-in whose
// outcome nothing could store.
func (s *session) beforeSignIn(ctx context.Context) (stored []auth.Credential, err error) {
	var res auth.Result
	_ = s.patiently("Waiting for the keychain", func() (err error) {
		res, err = s.auth.Resolve(ctx, auth.Query{Provider: auth.Mogplex, All: true})
		return err
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	for _, f := range res.Findings {
		if f.Layer == auth.Keychain && f.Err != nil && f.State != auth.Corrupt && s.mode == storeKeychain {
			return nil, fmt.Errorf("nothing could be stored: %w", f.Err)
		}
		if f.Layer != auth.Env && f.State == auth.Present {
			stored = append(stored, f.Credential())
		}
	}
	return stored, nil
}

// announce says where the credential is, and what still comes before it.
func (s *session) announce(ctx context.Context, saved auth.Saved) {
	who := ""
	if name := accountName(saved.Credential.Account); name != "" {
		who = " as " + name
	}
	what := "Signed in" + who
	if saved.Credential.Type != auth.OAuth {
		what = "Stored the credential of " + saved.Credential.Provider
	}
	s.warn(saved.Warnings...)
	s.say("%s. It is kept in %s.", what, s.place(ctx, saved.Layer, saved.Path))
	for _, p := range auth.Providers() {
		switch provider := saved.Credential.Provider; {
		case !s.isSet(p):
		case p.Name == provider:
			s.warn(p.Variable + " is set, and still comes before what was stored")
		case provider == auth.Mogplex:
			s.warn(p.Variable + " is set, and comes before it where no provider is named")
		}
	}
}

// isSet reports that a provider's variable comes before what is stored.
func (s *session) isSet(p auth.Provider) bool { return s.getenv(p.Variable) != "" }
