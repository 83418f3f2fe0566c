package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
)

// Errors of a command line quote no more than a plain word of it, because what was
// typed in the wrong place may be a token. The patterns are compiled when they are
// needed, so that other commands don't pay for them.

// plainWord reports whether an error may quote an argument.
func plainWord(argument string) bool {
	return regexp.MustCompile(`^[a-z][a-z-]{0,19}$`).MatchString(argument)
}

// flagNamed finds the flag that an error of package flag names. It returns "" if an
// error may not quote it.
func flagNamed(message string) string {
	pattern := regexp.MustCompile(`(?:for|for flag|argument:|defined:) -([a-z][a-z-]{0,19})(?::|$)`)
	if found := pattern.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return ""
}

func unknownCommand(above, name string) error {
	message := "unknown command; a token or key is read from stdin"
	if plainWord(name) {
		message = "unknown command `mogplex " + above + name + "`"
	}
	return account.HintError{Err: account.UsageError(message), Hint: "See `mogplex " + above + "--help`."}
}

func unexpectedArgument(argument string) error {
	if !plainWord(argument) {
		return account.UsageError("too many arguments; a token or key is read from stdin")
	}
	return account.UsageError(`unexpected argument "` + argument + `"`)
}

// onUsageError replaces the errors of package flag, which quote values.
func onUsageError(_ *cli.Context, err error, _ bool) error {
	name := flagNamed(err.Error())
	if name == "" {
		return account.UsageError("unknown flag")
	}
	switch kind, _, _ := strings.Cut(err.Error(), ":"); {
	case kind == "flag provided but not defined":
		return account.UsageError("unknown flag --" + name)
	case kind == "flag needs an argument":
		return account.UsageError("--" + name + " needs a value")
	case strings.HasPrefix(kind, "invalid boolean value"):
		return account.UsageError("--" + name + " takes no value")
	}
	return account.UsageError("invalid value of --" + name)
}

// asksForJSON reports whether a command line asks for JSON, also if the rest of it
// can't be parsed.
func asksForJSON(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"--json", "-json", "--json=true", "-json=true"}, arg)
	})
}
