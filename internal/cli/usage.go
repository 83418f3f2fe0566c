package cli

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
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
	var usage account.UsageError
	var own account.HintError
	if !errors.As(err, &usage) || errors.As(err, &own) {
		return err
	}
	return account.HintError{Err: err, Hint: "See `" + c.Command.HelpName + " --help`."}
}

func unknownCommand(c *cli.Context, name string) error {
	message := "unknown command; a token or key is read from stdin"
	if plainWord(name) {
		message = "unknown command `" + c.Command.HelpName + " " + name + "`"
	}
	return withHelp(c, account.UsageError(message))
}

func unexpectedArgument(argument string) error {
	if !plainWord(argument) {
		return account.UsageError("too many arguments; a token or key is read from stdin")
	}
	return account.UsageError(`unexpected argument "` + argument + `"`)
}

// onUsageError replaces the errors of package flag, which quote values.
func onUsageError(c *cli.Context, err error, _ bool) error {
	return withHelp(c, flagError(err.Error()))
}

func flagError(message string) account.UsageError {
	name := account.UsageError(flagNamed(message))
	switch kind, _, _ := strings.Cut(message, ":"); {
	case name == "":
		return "unknown flag"
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
