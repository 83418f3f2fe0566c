package cli

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

func profileFlag() cli.Flag {
	return &cli.StringFlag{Name: "profile", Usage: "use the profile `NAME` (also MOGPLEX_PROFILE)"}
}

func debugFlag() cli.Flag {
	return &cli.BoolFlag{Name: "debug", Usage: "write what is asked of whom to stderr (also MOGPLEX_DEBUG=1)"}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print one JSON object"}
}

func providerFlag() cli.Flag {
	return &cli.StringFlag{Name: "provider", Usage: "use the provider `NAME`, such as mogplex or openai"}
}

// providerValue reads --provider, and returns "" if the flag is not given. It refuses an
// empty value, because a script's unset variable must not mean "any".
func providerValue(c *cli.Context) (string, error) {
	name := c.String("provider")
	switch {
	case !c.IsSet("provider"):
		return "", nil
	case name == "":
		return "", settings.UsageError("--provider is empty")
	}
	return name, account.CheckProvider(name)
}

func minTTLFlag(value time.Duration) cli.Flag {
	return &cli.DurationFlag{Name: "min-ttl", Value: value, Usage: "renew a token that expires within `TIME`"}
}

func minTTLValue(c *cli.Context) (time.Duration, error) {
	minTTL := c.Duration("min-ttl")
	if minTTL < 0 {
		return 0, settings.UsageError("--min-ttl must be a time such as 60s, not less than 0")
	}
	return minTTL, nil
}

// rootFlagsAlone refuses a command that is combined with a flag of `mogplex` alone.
func rootFlagsAlone(c *cli.Context) error {
	switch {
	case c.Command.Name == c.App.Name:
	case boolFlag(c, "logout"):
		return settings.UsageError("--logout can't be combined with a command; run `mogplex logout` first")
	case stringFlag(c, "attach") != "", emptyFlag(c, "attach"):
		return settings.UsageError("--attach can't be combined with a command")
	case boolFlag(c, "plain"):
		return settings.UsageError("--plain can't be combined with a command")
	}
	return nil
}

// stringFlag reads a flag given anywhere on the command line.
func stringFlag(c *cli.Context, name string) string {
	if at := setAt(c, name); at != nil {
		return at.String(name)
	}
	return ""
}

// emptyFlag reports whether a flag is given with an empty value, as an unset variable of a
// script gives it.
func emptyFlag(c *cli.Context, name string) bool {
	at := setAt(c, name)
	return at != nil && strings.TrimSpace(at.String(name)) == ""
}

func boolFlag(c *cli.Context, name string) bool {
	at := setAt(c, name)
	return at != nil && at.Bool(name)
}

// setAt returns the innermost level of the command line that sets a flag, or nil. The
// level above the app has no flags. It skips levels without any flag, because looking
// one up by name is slow.
func setAt(c *cli.Context, name string) *cli.Context {
	for _, at := range c.Lineage() {
		if at.App != nil && at.NumFlags() > 0 && at.IsSet(name) {
			return at
		}
	}
	return nil
}

// quickFlags returns the same flags, which cache their names. The library asks every
// flag for its names many times and runs a regular expression each time, which takes 2%
// of the time of `auth token`.
func quickFlags(flags []cli.Flag) []cli.Flag {
	quick := make([]cli.Flag, len(flags))
	for i, f := range flags {
		switch f := f.(type) {
		case *cli.StringFlag:
			quick[i] = &quickString{StringFlag: f}
		case *cli.BoolFlag:
			f.DisableDefaultText = true // "(default: false)" says nothing
			quick[i] = &quickBool{BoolFlag: f}
		default:
			quick[i] = f
		}
	}
	return quick
}

type quickString struct {
	*cli.StringFlag
	names []string
}

func (f *quickString) Names() []string { return cached(&f.names, f.Name, f.Aliases) }

type quickBool struct {
	*cli.BoolFlag
	names []string
}

func (f *quickBool) Names() []string { return cached(&f.names, f.Name, f.Aliases) }

// cached sets names on the first call, because most flags are of commands that do not run.
func cached(names *[]string, name string, aliases []string) []string {
	if *names == nil {
		*names = append([]string{name}, aliases...)
	}
	return *names
}
