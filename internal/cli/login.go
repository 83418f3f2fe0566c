package cli

import (
	"cmp"
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/words"
	"github.com/mogplex/mogplex-cli/login"
)

func (p *program) loginCommand() *cli.Command {
	return &cli.Command{
		Name:  "login",
		Usage: "sign in with the browser, or store a token or key",
		Description: `Opens the sign-in page in the browser and waits. It prints the address too:
you can open it on another machine, and paste the address you end up at. If the
service offers that, it also prints a code to type on another device. The first
of these to finish signs you in. The stored credential stays active until then.

Examples:
  mogplex login
  mogplex login --no-browser               over SSH
  mogplex login --with-token < token.txt   a personal access token
  mogplex login --provider openai --with-api-key < key.txt
  mogplex login --json                     what is stored, without the token`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "no-browser", Usage: "open nothing; read the callback address from stdin"},
			&cli.BoolFlag{Name: "device", Usage: "fail if the service offers no code for another device"},
			&cli.BoolFlag{Name: "clipboard", Usage: "copy the address to the clipboard of the terminal"},
			&cli.BoolFlag{Name: "with-token", Usage: "read a personal access token from stdin"},
			&cli.BoolFlag{Name: "force", Usage: "replace a sign-in even if the token can't be checked"},
			&cli.BoolFlag{Name: "with-api-key", Usage: "read the API key of --provider from stdin"},
			providerFlag(), jsonFlag(),
			&cli.DurationFlag{Name: "timeout", Value: 5 * time.Minute, Usage: "wait at most `TIME` for the browser"},
		},
		Action: p.command(p.login),
	}
}

func (p *program) login(ctx context.Context, c *cli.Context) error {
	provider, err := providerValue(c)
	if err != nil {
		return err
	}
	provider = cmp.Or(provider, auth.Mogplex)
	secret := c.Bool("with-token") || c.Bool("with-api-key")
	switch {
	case c.Bool("with-token") && c.Bool("with-api-key"):
		return settings.UsageError("use one of --with-token and --with-api-key")
	case c.Bool("with-token") && provider != auth.Mogplex:
		return settings.UsageError("--with-token is for Mogplex; for a provider's key use --with-api-key")
	case c.Bool("with-api-key") && !c.IsSet("provider"):
		return settings.UsageError("--with-api-key needs --provider NAME")
	case secret && browserFlag(c) != "":
		return settings.UsageError("--" + browserFlag(c) + " is for the browser sign-in; it does nothing with --with-token or --with-api-key")
	case !secret && c.Bool("force"):
		return settings.UsageError("--force is for --with-token")
	case secret:
		return p.storeSecret(ctx, provider, c.Bool("force"))
	case provider != auth.Mogplex:
		return settings.UsageError("only Mogplex has a browser sign-in; store a key with --provider " + provider + " --with-api-key")
	case c.Duration("timeout") <= 0:
		return settings.UsageError("--timeout must be a time such as 5m, more than 0")
	}
	return p.browserSignIn(ctx, signInOptions{
		open: !c.Bool("no-browser"), device: c.Bool("device"), clipboard: c.Bool("clipboard"), timeout: c.Duration("timeout"),
	})
}

// browserFlag returns a flag on the command line that only the browser sign-in uses.
func browserFlag(c *cli.Context) string {
	for _, name := range []string{"no-browser", "device", "clipboard", "timeout"} {
		if c.IsSet(name) {
			return name
		}
	}
	return ""
}

type signInOptions struct {
	open      bool // a browser
	device    bool // the device grant must run
	clipboard bool // copy the address
	timeout   time.Duration
}

// browserSignIn signs a person in at the command line.
func (p *program) browserSignIn(ctx context.Context, opt signInOptions) error {
	flow := login.Flow{
		Show:          func(prompt login.Prompt) { p.showPrompt(prompt, opt) },
		Notice:        func(line string) { p.say("%s", line) },
		Deadline:      func(end time.Time) { p.say("Waiting for you until %s.", end.Local().Format("15:04:05")) },
		PasteRejected: func(err error) { p.say("Not the callback address: %s", words.Sentence(err)) },
		Timeout:       opt.timeout,
		RequireDevice: opt.device,
	}
	if opt.open && p.canOpenBrowser() {
		flow.Open = p.openBrowser
	}
	if p.takesPastes(opt) {
		flow.Pasted = pastes(ctx, p.stdin)
	}
	saved, err := p.account.SignIn(ctx, flow)
	return p.signedIn(ctx, saved, err)
}

// signedIn reports the outcome of a sign-in, ends the sessions that it replaced and
// fetches the account's lists. The sign-in is done by then, so a failure to do so is
// only a warning.
func (p *program) signedIn(ctx context.Context, saved auth.Saved, err error) error {
	p.warn(saved.Warnings...)
	if err != nil {
		return err
	}
	p.sayAll(words.SignedIn(ctx, p.account, saved))
	if p.json {
		p.printJSON(p.savedReport(saved.Layer, saved.Credential, saved.Replaced))
	}
	p.account.EndSessions(ctx, saved.Ended())
	if saved.Credential.Provider != auth.Mogplex {
		return nil
	}
	if err := p.account.Sync(ctx, syncLimit); err != nil && ctx.Err() == nil {
		p.warn("models and MCP servers were not fetched: " + words.Sentence(err))
	}
	return nil
}

// syncLimit bounds the fetch after a sign-in.
const syncLimit = 5 * time.Second
