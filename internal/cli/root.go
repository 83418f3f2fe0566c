package cli

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/app"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/plain"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/tui"
)

func rootFlags() []cli.Flag {
	return []cli.Flag{
		profileFlag(),
		&cli.BoolFlag{Name: "logout", Usage: "remove the stored Mogplex credential first"},
		attachFlag(),
		&cli.BoolFlag{Name: "plain", Usage: "read and write line by line (also MOGPLEX_PLAIN=1)"},
		debugFlag(),
		cli.HelpFlag, // the library adds it only to an app without a help command
	}
}

// root is `mogplex` alone.
func (p *program) root(c *cli.Context) error {
	if name := c.Args().First(); name != "" {
		return unknownCommand(c.App, c.Command.HelpName, c.Command.Subcommands, name)
	}
	return p.command(func(ctx context.Context, c *cli.Context) error {
		run, err := p.attachedRun(c)
		if err != nil {
			return err
		}
		if c.Bool("logout") {
			if err := p.signOut(ctx, account.Scope{}, false); err != nil {
				return err
			}
		}
		attended, opt := p.atTerminal(), talk.Options{Attach: run, Now: p.env.Now}
		opt.Login = attended && c.Bool("logout") // also if a key or a variable is active
		switch {
		case c.Bool("plain"), attended && p.wantsPlain():
			return p.runPlain(ctx, opt)
		case attended:
			return p.runApp(ctx, opt)
		case run != "":
			return p.attach(ctx, run)
		}
		return p.greet(ctx)
	})(c)
}

// greet reports who is signed in: `mogplex` off a terminal, where no sign-in can start.
func (p *program) greet(ctx context.Context) error {
	res, err := p.account.Token(ctx, auth.Query{}, time.Minute)
	p.warnBefore(err, res.Warnings)
	if err != nil {
		return p.withAskHint(err)
	}
	p.say("%s", headline(res.Credential))
	p.say("%s", p.here().InProfile(askHint))
	return nil
}

// atTerminal reports whether a person reads stdout and types into stdin.
func (p *program) atTerminal() bool {
	return p.isTerminal(p.stdin) && p.isTerminal(p.rawStdout()) && p.env.Getenv("CI") == ""
}

// wantsPlain reports whether the user asks for plain mode, or the terminal can't draw a
// screen. A terminal without a name counts as one that can't, except on Windows, which
// names none.
func (p *program) wantsPlain() bool {
	name := p.env.Getenv("TERM")
	return p.env.Getenv("MOGPLEX_PLAIN") == "1" || name == "dumb" || name == "" && runtime.GOOS != "windows"
}

// runApp runs the app on the screen.
func (p *program) runApp(ctx context.Context, opt talk.Options) error {
	p.account.Progress.Asked = nil // it would write over the screen
	return p.withApp(ctx, func(ctx context.Context, a *app.Profiles) error {
		return tui.Run(ctx, a, tui.Options{Options: opt, Input: p.stdin, Output: p.rawStdout(), Environ: os.Environ()})
	})
}

// runPlain runs the app line by line. Ctrl-C interrupts its current work and does not
// cancel ctx; a failed write does.
func (p *program) runPlain(ctx context.Context, opt talk.Options) error {
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	p.handlesInterrupts = true
	out := p.stdout.(*checkedWriter) // run made it
	out.failed = stop
	lines := plain.Options{Options: opt, Input: p.stdin, Output: out}
	if p.isTerminal(p.stdin) {
		lines.ReadSecret = p.hidden
		if f, ok := p.stdin.(*os.File); ok {
			lines.Quiet = func() (func(), bool) { return quiet(f) }
		}
	}
	err := p.withApp(ctx, func(ctx context.Context, a *app.Profiles) error {
		lines.Interrupts = interrupts(ctx)
		return plain.Run(ctx, a, lines)
	})
	if out.err != nil {
		return nil // run reports it
	}
	return err
}

// withApp opens the app, runs converse with it, and ends pending sessions at the
// service.
func (p *program) withApp(ctx context.Context, converse func(context.Context, *app.Profiles) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := app.OpenProfiles(ctx, p.appOptions(), p.openProfile)
	err := a.Ended(converse(ctx, a))
	end := p.begin(account.EndAtService)
	late := a.Close()
	end()
	p.sayAll(late)
	return err
}

func (p *program) appOptions() app.Options {
	opt := app.Options{Account: p.account, Here: p.here(), Status: p.statusText, Profiles: p.profilesText}
	if p.env.Site().Browser {
		opt.OpenBrowser = p.openBrowser
	}
	return opt
}

// openProfile opens the account of another profile, for the app alone.
func (p *program) openProfile(name string) (app.Options, error) {
	s, err := p.env.ReadSettings(name)
	if err != nil {
		return app.Options{}, err
	}
	s.ChosenBy = settings.ByApp
	other := *p
	other.account = account.Open(p.env, s)
	return other.appOptions(), nil
}

// interrupts returns a channel that receives once for each Ctrl-C until ctx ends.
func interrupts(ctx context.Context) <-chan struct{} {
	typed, received := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(typed, os.Interrupt)
	go func() {
		defer signal.Stop(typed)
		for {
			select {
			case <-typed:
				select {
				case received <- struct{}{}:
				case <-ctx.Done():
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return received
}
