package cli

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// Usage errors quote at most a plain word of the command line, because an argument in
// the wrong place may be a token. The patterns are compiled on use, so that valid
// command lines don't pay for them.

// plainWord reports whether an error may quote an argument.
func plainWord(argument string) bool {
	return regexp.MustCompile(`^[a-z][a-z-]{0,19}$`).MatchString(argument)
}

// flagNamed returns the name of the flag in an error of package flag, or "" if it may not
// be quoted.
func flagNamed(message string) string {
	pattern := regexp.MustCompile(`(?:for|for flag|argument:|defined:) -([a-z][a-z-]{0,19})(?::|$)`)
	if found := pattern.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return ""
}

// withHelp adds a hint to a usage error that has none: the help of the command.
func withHelp(c *cli.Context, err error) error {
	var usage settings.UsageError
	var own settings.HintError
	if !errors.As(err, &usage) || errors.As(err, &own) {
		return err
	}
	return settings.HintError{Err: err, Hint: seeHelp(c.Command.HelpName)}
}

func seeHelp(line string) string { return "See `" + line + " --help`." }

// unknownCommand is the error for a name that the command line parent has no command of.
func unknownCommand(app *cli.App, parent string, commands []*cli.Command, name string) error {
	message := settings.UsageError("unknown command; a token or key is read from stdin")
	if plainWord(name) {
		message = settings.UsageError("unknown command `" + parent + " " + name + "`")
	}
	var names []string
	lines := map[string]string{}
	add := func(line string, command *cli.Command) {
		if _, nearer := lines[command.Name]; !nearer {
			names = append(names, command.Name)
			lines[command.Name] = "`" + line + "`"
		}
	}
	eachCommand(parent, commands, add)
	eachCommand(app.HelpName, app.Commands, add) // `mogplex status` means `mogplex auth status`
	return settings.HintError{Err: message, Hint: didYouMean(lines[text.Nearest(name, names)]) + seeHelp(parent)}
}

// eachCommand calls do with each visible command, level by level, and with the command
// line that runs it.
func eachCommand(parent string, commands []*cli.Command, do func(line string, command *cli.Command)) {
	visible := slices.DeleteFunc(slices.Clone(commands), func(c *cli.Command) bool { return c.Hidden })
	for _, c := range visible {
		do(parent+" "+c.Name, c)
	}
	for _, c := range visible {
		eachCommand(parent+" "+c.Name, c.Subcommands, do)
	}
}

// didYouMean suggests what was probably meant, which may be "".
func didYouMean(meant string) string {
	if meant == "" {
		return ""
	}
	return "Did you mean " + meant + "? "
}

func unexpectedArgument(argument string) error {
	if !plainWord(argument) {
		return settings.UsageError("too many arguments; a token or key is read from stdin")
	}
	return settings.UsageError(`unexpected argument "` + argument + `"`)
}

// onUsageError replaces the errors of package flag, which quote values.
func onUsageError(c *cli.Context, err error, _ bool) error {
	return settings.HintError{Err: flagError(err.Error()), Hint: didYouMean(nearestFlag(c, err.Error())) + seeHelp(c.Command.HelpName)}
}

// nearestFlag returns the flag that an unknown one probably means, or "".
func nearestFlag(c *cli.Context, message string) string {
	typed, unknown := strings.CutPrefix(message, "flag provided but not defined: -")
	if !unknown {
		return ""
	}
	var names []string
	for _, f := range c.Command.Flags {
		names = append(names, f.Names()[0])
	}
	if near := text.Nearest(typed, names); near != "" {
		return "--" + near
	}
	return ""
}

func flagError(message string) settings.UsageError {
	name := settings.UsageError(flagNamed(message))
	switch kind, _, _ := strings.Cut(message, ":"); {
	case name == "":
		return "unknown flag"
	case kind == "flag provided but not defined" && len(name) == 1:
		return "unknown flag -" + name
	case kind == "flag provided but not defined":
		return "unknown flag --" + name
	case kind == "flag needs an argument":
		return "--" + name + " needs a value"
	case strings.HasPrefix(kind, "invalid boolean value"):
		return "--" + name + " takes no value"
	}
	return "invalid value of --" + name + ": it must be a time such as 60s or 5m" // no other flag is parsed
}

// asksForJSON reports whether a command line asks for JSON. It also works if the rest
// can't be parsed. What follows "--" is the command line of `auth exec`'s child.
func asksForJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"--json", "-json", "--json=true", "-json=true"}, arg)
	})
}
