package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/plain"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/tui"
)

func rootFlags() []cli.Flag {
	return []cli.Flag{
		profileFlag(),
		&cli.BoolFlag{Name: "logout", Usage: "clear the stored Mogplex credential first"},
		attachFlag(),
		&cli.BoolFlag{Name: "plain", Usage: "draw nothing: read and write line by line (also MOGPLEX_PLAIN=1)"},
	}
}

// root is `mogplex` alone.
func (p *program) root(c *cli.Context) error {
	if name := c.Args().First(); name != "" {
		return unknownCommand("", name)
	}
	return p.command(func(ctx context.Context, s *session, c *cli.Context) error {
		run, err := p.attachedRun(c)
		if err != nil {
			return err
		}
		if c.Bool("logout") {
			if err := s.signOut(ctx, logoutScope{goesOn: true}); err != nil {
				return err
			}
		}
		attended := s.atTerminal()
		opt := talk.Options{Attach: run, Now: s.now}
		opt.Login = attended && c.Bool("logout") // even if a key or a variable is active
		switch {
		case c.Bool("plain"), attended && s.wantsPlain():
			return s.runPlain(ctx, opt)
		case attended:
			return s.runApp(ctx, opt)
		case run != "":
			return s.attach(ctx, run)
		}
		return s.greet(ctx)
	})(c)
}

// atTerminal reports that a person reads stdout and types into stdin.
func (p *program) atTerminal() bool {
	return p.isTerminal(p.stdin) && p.isTerminal(p.rawStdout()) && p.getenv("CI") == ""
}

// wantsPlain reports that the terminal or its person can't have a screen drawn. A
// terminal of no name is taken for one that can't; Windows names none.
func (p *program) wantsPlain() bool {
	name := p.getenv("TERM")
	return p.getenv("MOGPLEX_PLAIN") == "1" || name == "dumb" || name == "" && runtime.GOOS != "windows"
}

// runApp draws the app.
func (s *session) runApp(ctx context.Context, opt talk.Options) error {
	a := s.openApp(ctx)
	defer a.close()
	return a.ended(tui.Run(ctx, a, tui.Options{
		Options: opt, Input: s.stdin, Output: s.rawStdout(), Environ: os.Environ(),
	}))
}

// runPlain is the app line by line. Ctrl-C interrupts what it does and does not end ctx. A write that fails does.
func (s *session) runPlain(ctx context.Context, opt talk.Options) error {
	ctx, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s.endures = true
	a := s.openApp(ctx)
	defer a.close()
	out := s.stdout.(*witness) // run made it
	out.failed = stop
	lines := plain.Options{Options: opt, Input: s.stdin, Output: out, Interrupts: a.interrupts()}
	if s.isTerminal(s.stdin) {
		lines.ReadSecret = s.hidden
		if f, ok := s.stdin.(*os.File); ok {
			lines.Quiet = func() (func(), bool) { return quiet(f) }
		}
	}
	err := a.ended(plain.Run(ctx, a, lines))
	if out.err != nil {
		return nil // run reports it
	}
	return err
}

// interrupts tells of each Ctrl-C until the app is closed.
func (a *app) interrupts() <-chan struct{} {
	typed := make(chan os.Signal, 1)
	signal.Notify(typed, os.Interrupt)
	told := make(chan struct{})
	go func() {
		defer signal.Stop(typed)
		for {
			select {
			case <-typed:
				select {
				case told <- struct{}{}:
				case <-a.ctx.Done():
				}
			case <-a.ctx.Done():
				return
			}
		}
	}()
	return told
}

// ended logs how the screens ended, and puts the error of a run that could not
// be shown into words.
func (a *app) ended(err error) error {
	if err == nil {
		a.log.Event("left")
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if _, missing := os.Stat(a.log.Path()); missing == nil && errors.Is(err, talk.ErrCrashed) {
		err = hinted{err, "What happened is in " + printable(a.log.Path()) + ", without what you typed and without your credentials."}
	}
	return a.failed("screen", err)
}
