package cli

import (
	"cmp"
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
			&cli.BoolFlag{Name: "force", Usage: "store a token that the service could not be asked about over a sign-in that works"},
			&cli.BoolFlag{Name: "with-api-key", Usage: "read the key of --provider from stdin"},
			providerFlag(),
			&cli.DurationFlag{Name: "timeout", Value: 5 * time.Minute, Usage: "wait at most `TIME` for the browser"},
		},
		Action: p.command(signIn),
	}
}

func signIn(ctx context.Context, s *session, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	provider = cmp.Or(provider, auth.Mogplex)
	switch {
	case c.Bool("with-token") && c.Bool("with-api-key"):
		return usageError{"use one of --with-token and --with-api-key"}
	case c.Bool("with-token") && provider != auth.Mogplex:
		return usageError{"--with-token is for Mogplex; for a provider's key use --with-api-key"}
	case c.Bool("with-api-key") && !c.IsSet("provider"):
		return usageError{"--with-api-key wants --provider NAME"}
	case c.Bool("with-token"), c.Bool("with-api-key"):
		return s.storeSecret(ctx, provider, c.Bool("force"))
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
	saved, err := s.runSignIn(ctx, flow)
	if err != nil {
		return err
	}
	s.announce(ctx, saved)
	s.retire(ctx, saved)
	s.fetchHosted(ctx)
	return nil
}

// runSignIn signs a person in who is talked to through flow. Nothing that is
// stored changes before the new credential is stored in its place.
func (s *session) runSignIn(ctx context.Context, flow login.Flow) (saved auth.Saved, err error) {
	if _, err := s.prepare(ctx, auth.Mogplex); err != nil {
		return saved, err
	}
	flow.Save = func(ctx context.Context, g *login.Grant) (where string, err error) {
		saved, err = s.auth.SignIn(ctx, renewed(auth.Credential{Provider: auth.Mogplex}, g))
		return "in " + s.place(ctx, saved.Layer, saved.Path), err
	}
	flow.Ports = s.callbackPorts
	grant, err := s.loginClient(s.settings, s.origin).SignIn(ctx, flow)
	if err == nil {
		return saved, nil
	}
	s.warn(saved.Warnings...)
	if grant == nil {
		return saved, err
	}
	granted := renewed(auth.Credential{Provider: auth.Mogplex}, grant)
	ctx = context.WithoutCancel(ctx)    // whoever interrupts it wants no session either
	if s.isNowhere(ctx, granted, err) { // nobody may keep it
		s.endWithin(ctx, "Ending the session that was not stored", []auth.Credential{granted})
	}
	return saved, err
}

// isNowhere reports that no store holds a credential whose save failed with err.
// The store that failed may, if it can't be read: a keychain that was cut off in
// the middle keeps what it took, and one that does not answer does later what it
// was asked.
func (s *session) isNowhere(ctx context.Context, c auth.Credential, err error) bool {
	res, _ := s.auth.Resolve(unattended(ctx), auth.Query{Provider: auth.Mogplex, All: true})
	for _, f := range res.Findings {
		unknown := f.Err != nil && f.Layer == auth.NotSavedIn(err)
		if f.Layer != auth.Env && (unknown || f.Record().Token.Equal(c.Token)) {
			return false
		}
	}
	return true
}

// prepare readies the stores, and refuses to begin a sign-in that could not be
// stored. It returns what is stored now.
func (s *session) prepare(ctx context.Context, provider string) (stored []auth.Credential, err error) {
	err = s.patiently("Waiting for the keychain", func() error {
		stored, err = s.auth.Prepare(ctx, provider)
		return err
	})
	return stored, ofKey(err, provider)
}

// ofKey says whose credential a failure is about.
func ofKey(err error, provider string) error {
	if err == nil {
		return nil
	}
	return keyError{err, provider}
}

// announce says where the credential is, what it replaced, and what still comes
// before it.
func (s *session) announce(ctx context.Context, saved auth.Saved) {
	c := saved.Credential
	what := "Signed in"
	if name := accountName(c.Account); name != "" {
		what += " as " + name
	}
	if c.Type != auth.OAuth {
		what = "Stored the credential of " + c.Provider
	}
	s.warn(saved.Warnings...)
	s.say("%s. It is kept in %s.", what, s.place(ctx, saved.Layer, saved.Path))
	for _, old := range saved.Replaced {
		s.say("%s", replacedLine(old))
	}
	if c.Type == auth.OAuth && c.Refresh.IsZero() {
		s.warn(fmt.Sprintf("%s gave no refresh token: the token %s, and can't be renewed", s.origin, lifetime(c, s.now())))
	}
	for _, p := range auth.Providers() {
		switch {
		case !s.isSet(p):
		case p.Name == c.Provider:
			s.warn(p.Variable + " is set, and still comes before what was stored")
		case c.Provider == auth.Mogplex:
			s.warn(p.Variable + " is set, and comes before it if no provider is named")
		}
	}
}

// replacedLine says whose credential a new one replaced.
func replacedLine(old auth.Credential) string {
	name := accountName(old.Account)
	switch {
	case old.Type == auth.APIKey:
		return "It replaces the key that was stored before."
	case name != "":
		return "It replaces the sign-in of " + name + "."
	case old.Type == auth.PAT:
		return "It replaces the personal access token that was stored before."
	}
	return "It replaces the sign-in that was stored before."
}

// isSet reports that a provider's variable comes before what is stored.
func (s *session) isSet(p auth.Provider) bool { return s.getenv(p.Variable) != "" }
