// Package cli is mogplex' commands, one file each: flags in, words and exit codes
// out. Package account does the work.
//
// [Main] is the whole program, and program.go what all commands share. exit.go has
// the exit code and the hint of each failure.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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
	p.json = asksForJSON(args) // also if the rest can't be parsed
	out := &checkedWriter{Writer: p.stdout}
	p.stdout = out
	err := p.app().RunContext(ctx, args)
	switch {
	case err == nil && errors.Is(out.err, syscall.EPIPE):
		return exitFailure // the reader left, and needs no message
	case err == nil && out.err != nil:
		err = fmt.Errorf("write to stdout: %w", out.err)
	case err == nil:
		return exitOK
	}
	if ctx.Err() != nil && !p.handlesInterrupts && !errors.Is(err, context.Canceled) {
		err = errors.Join(err, ctx.Err())
	}
	return p.fail(err)
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
		Version:              p.env.Version,
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
  mogplex auth status                    what is active, and what it hides
  mogplex auth token                     a valid token, for a script
  mogplex logout                         sign out everywhere on this machine`

func (p *program) commands() []*cli.Command {
	all := []*cli.Command{p.loginCommand(), p.logoutCommand(), p.authCommand(), p.modelsCommand(), p.mcpCommand(), completionCommand()}
	prepare(all)
	return all
}

// prepare gives every command the profile flag, and has it return usage errors
// instead of printing them with a page of help.
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
