package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
)

// What is wrong with a command line is said without quoting more than a plain
// word of it: what was typed in the wrong place may be a token. The patterns are
// compiled when they are needed, for every command would pay else.

// plainWord reports whether an argument may be repeated.
func plainWord(argument string) bool {
	return regexp.MustCompile(`^[a-z][a-z-]{0,19}$`).MatchString(argument)
}

// flagNamed finds the flag that an error of package flag names; nil where it is
// not one that may be repeated.
func flagNamed(said string) []string {
	return regexp.MustCompile(`(?:for|for flag|argument:|defined:) -([a-z][a-z-]{0,19})(?::|$)`).FindStringSubmatch(said)
}

func unknownCommand(above, name string) error {
	hint := "See `mogplex " + above + "--help`."
	if !plainWord(name) {
		return account.HintError{Err: account.UsageError("there is no such command; a token or key is read from stdin"), Hint: hint}
	}
	return account.HintError{Err: account.UsageError("there is no command `mogplex " + above + name + "`"), Hint: hint}
}

func surplusArgument(argument string) error {
	if !plainWord(argument) {
		return account.UsageError("there is an argument too many; a token or key is read from stdin")
	}
	return account.UsageError(`there is nothing called "` + argument + `" here`)
}

// onUsageError puts package flag's error, which quotes values, into words.
func onUsageError(_ *cli.Context, err error, _ bool) error {
	named := flagNamed(err.Error())
	if named == nil {
		return account.UsageError("there is no such flag")
	}
	switch kind, _, _ := strings.Cut(err.Error(), ":"); {
	case kind == "flag provided but not defined":
		return account.UsageError("there is no flag --" + named[1])
	case kind == "flag needs an argument":
		return account.UsageError("--" + named[1] + " wants a value")
	case strings.HasPrefix(kind, "invalid boolean value"):
		return account.UsageError("--" + named[1] + " takes no value")
	}
	return account.UsageError("the value of --" + named[1] + " can't be read")
}

// asksForJSON reports whether a command line that may not be one asks for JSON.
func asksForJSON(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"--json", "-json", "--json=true", "-json=true"}, arg)
	})
}
