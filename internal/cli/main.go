// Package cli is mogplex' commands, one file each, and all wiring.
//
// [Main] is the whole program. exit.go says how each failure ends it,
// settings.go what can be set, stores.go where credentials are kept.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/keyring"
)

// Main runs mogplex on the process' arguments and returns its exit code.
func Main() int {
	if keyring.RunChild() {
		return exitOK
	}
	return newProgram().main()
}

func (p *program) main() int {
	noCoreDumps()
	hideSecrets()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.catchSignals = sync.OnceFunc(func() { catchSignals(cancel) })
	return p.run(ctx, os.Args)
}

// run runs one command line.
func (p *program) run(ctx context.Context, args []string) int {
	// A command line that can't be parsed asks for JSON all the same.
	p.json = asksForJSON(args)
	out := &witness{Writer: p.stdout}
	p.stdout = out
	err := p.app().RunContext(ctx, args)
	switch {
	case err == nil && errors.Is(out.err, syscall.EPIPE):
		return exitFailure // whoever left knows
	case err == nil && out.err != nil:
		err = fmt.Errorf("write to stdout: %w", out.err)
	case err == nil:
		return exitOK
	}
	if ctx.Err() != nil && !p.endures && !errors.Is(err, context.Canceled) {
		err = errors.Join(err, ctx.Err())
	}
	return p.fail(err)
}

// witness remembers that a write failed, as it does on a full disk: whoever
// reads the output must not take it for whole. A pipe that nobody reads any more
// ends the process, as it ends any other, unless failed is set: something may go
// on beside what writes then.
type witness struct {
	io.Writer
	err    error
	failed func()
}

func (w *witness) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) && w.failed == nil {
		signal.Reset(syscall.SIGPIPE)
		n, err = w.Writer.Write(p) // on stdout, this does not return
	}
	if err != nil {
		w.err = err
		if w.failed != nil {
			w.failed()
		}
	}
	return n, err
}

// rawStdout is stdout without its witness.
func (p *program) rawStdout() io.Writer {
	if w, ok := p.stdout.(*witness); ok {
		return w.Writer
	}
	return p.stdout
}

// version is what `go install` or a release build stamped into the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

func (p *program) app() *cli.App {
	return &cli.App{
		Name:                 "mogplex",
		Usage:                "sign in to Mogplex once, and have a valid token in every terminal",
		Version:              version(),
		Description:          rootHelp,
		Flags:                quickFlags(rootFlags()),
		Commands:             p.commands(),
		EnableBashCompletion: true,
		HideHelpCommand:      true,
		Reader:               p.stdin,
		Writer:               p.stdout,
		ErrWriter:            io.Discard, // errors are printed once, by fail
		Action:               p.root,
		OnUsageError:         onUsageError,
		ExitErrHandler:       func(*cli.Context, error) {},
	}
}

const rootHelp = `Sign in once in the browser; the token is kept in the system's keychain
and renewed by itself. An environment variable such as MOGPLEX_API_KEY
comes first, then the keychain, then ~/.mogplex/auth.json.

Examples:
  mogplex                                sign in on a screen, then ask and be answered
  mogplex login                          sign in with the browser
  mogplex auth status                    what is in force, and what it hides
  mogplex auth token                     a valid token, for a script
  mogplex logout                         sign out everywhere on this machine`

func (p *program) commands() []*cli.Command {
	all := []*cli.Command{p.loginCommand(), p.logoutCommand(), p.authCommand(), p.modelsCommand(), p.mcpCommand(), completionCommand()}
	prepare(all)
	return all
}

// prepare gives every command what all have: the profile flag, and usage
// errors that are returned and not printed with a page of help.
func prepare(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = onUsageError
		c.HideHelpCommand = true
		c.Flags = quickFlags(append(c.Flags, profileFlag()))
		prepare(c.Subcommands)
	}
}

func (p *program) authCommand() *cli.Command {
	return &cli.Command{
		Name:        "auth",
		Usage:       "look at, print, renew and move credentials",
		Subcommands: []*cli.Command{p.statusCommand(), p.tokenCommand(), p.refreshCommand(), p.migrateCommand()},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand("auth ", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}
