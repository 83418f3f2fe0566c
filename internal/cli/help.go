package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show the help of mogplex, or of one command",
		ArgsUsage: "[COMMAND...]",
		Description: `The same as --help behind the command.

Examples:
  mogplex help
  mogplex help auth token`,
		Action: p.help,
	}
}

// help runs the named command again with --help. It replaces urfave/cli's help command,
// which also takes the word from the arguments of other commands.
func (p *program) help(c *cli.Context) error {
	line, commands := []string{c.App.Name}, c.App.Commands
	for _, name := range c.Args().Slice() {
		i := slices.IndexFunc(commands, func(command *cli.Command) bool { return command.Name == name })
		switch {
		case len(commands) == 0:
			return withHelp(c, unexpectedArgument(name))
		case i < 0:
			return unknownCommand(c.App, strings.Join(line, " "), commands, name)
		}
		line, commands = append(line, name), commands[i].Subcommands
	}
	return p.app().RunContext(c.Context, append(line, "--help"))
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "print the version",
		Description: "The same as `mogplex --version`.",
		Action: func(c *cli.Context) error {
			if extra := c.Args().First(); extra != "" {
				return withHelp(c, unexpectedArgument(extra))
			}
			cli.ShowVersion(c)
			return nil
		},
	}
}
