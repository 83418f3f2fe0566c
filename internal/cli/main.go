// Package cli has mogplex' commands, one file each: flags in, text and exit codes out.
// Package account does the work.
//
// [Main] runs the program. program.go has what all commands share, and exit.go prints
// failures; package outcome has the exit code and the hint of each.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/keyring"
)

// Main runs mogplex on the process' arguments and returns its exit code.
func Main() int {
	if keyring.RunChild() {
		return outcome.OK
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
	p.args, p.json = args, asksForJSON(args)
	out := &checkedWriter{Writer: p.stdout}
	p.stdout = out
	err := p.app().RunContext(ctx, args)
	switch {
	case err == nil && errors.Is(out.err, syscall.EPIPE):
		return outcome.Failure // nobody reads the output any more, so don't report it
	case err == nil && out.err != nil:
		err = fmt.Errorf("write to stdout: %w", out.err)
	case err == nil:
		return p.exit
	}
	if ctx.Err() != nil && !p.handlesInterrupts && !errors.Is(err, context.Canceled) {
		err = errors.Join(err, ctx.Err())
	}
	return p.fail(err)
}

// version returns the version that `go install` or a release build stamped into the
// binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

func (p *program) app() *cli.App {
	return &cli.App{
		Name:            "mogplex",
		Usage:           "sign in to Mogplex once, and have a valid token in every terminal",
		Version:         p.env.Version,
		Description:     rootHelp,
		Flags:           quickFlags(rootFlags()),
		Commands:        p.commands(),
		HideHelpCommand: true,
		Reader:          p.stdin,
		Writer:          p.stdout,
		ErrWriter:       io.Discard, // errors are printed once, by fail
		Action:          p.root,
		OnUsageError:    onUsageError,
		ExitErrHandler:  func(*cli.Context, error) {},

		DisableSliceFlagSeparator: true,
	}
}

const rootHelp = `Sign in once in the browser. mogplex stores the token in the system's
keychain and renews it automatically. An environment variable such as
MOGPLEX_API_KEY comes first, then the keychain, then ~/.mogplex/auth.json.

Examples:
  mogplex                        open the app: sign in and send prompts
  mogplex login                  sign in with the browser
  mogplex auth status            show the active credential and its source
  mogplex auth token             print a valid token, for a script
  mogplex logout                 sign out everywhere on this machine`

func (p *program) commands() []*cli.Command {
	all := []*cli.Command{p.loginCommand(), p.logoutCommand(), p.authCommand(), p.modelsCommand(), p.mcpCommand(),
		completionCommand(), p.completeCommand(), p.helpCommand(), versionCommand()}
	p.prepare(all)
	return all
}

// prepare gives every command that may run the flags that all have, and has it return
// usage errors instead of printing them with a page of help. It skips those that the
// command line does not name, to start sooner.
func (p *program) prepare(commands []*cli.Command) {
	for _, c := range commands {
		if !p.names(c) {
			continue
		}
		c.OnUsageError = onUsageError
		c.HideHelpCommand = true
		c.Flags = quickFlags(append(c.Flags, profileFlag(), debugFlag()))
		p.prepare(c.Subcommands)
	}
}

// names reports whether the command line names a command. Completion, and what shows all
// commands without a command line, need every command.
func (p *program) names(c *cli.Command) bool {
	return len(p.args) == 0 || slices.Contains(p.args, c.Name) || slices.Contains(p.args, completing)
}

func (p *program) authCommand() *cli.Command {
	return &cli.Command{
		Name:  "auth",
		Usage: "show, print, use, renew and move credentials",
		Subcommands: []*cli.Command{
			p.statusCommand(), p.listCommand(), p.switchCommand(), p.tokenCommand(), p.refreshCommand(), p.execCommand(),
			p.migrateCommand(), p.doctorCommand(), p.loginCommand(), p.logoutCommand(),
		},
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c.App, c.Command.HelpName, c.Command.Subcommands, name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}
