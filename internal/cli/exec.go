package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

func (p *program) execCommand() *cli.Command {
	return &cli.Command{
		Name:      "exec",
		Usage:     "run a command with the credential in its environment",
		ArgsUsage: "-- COMMAND [ARGUMENT…]",
		Description: `Runs a command with MOGPLEX_API_KEY set to the Mogplex token or, with
--provider, with the variable of each named provider. It gets no other
variable that can hold a credential. A token that is about to expire is
renewed first. The exit code is that of the command; 126 if it can't be run,
127 if it is not found.

Examples:
  mogplex auth exec -- npm start
  mogplex auth exec --provider openai --provider anthropic -- python3 app.py
  mogplex auth exec --min-ttl 1h -- ./long-job.sh`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "provider", Usage: "set the variable of the provider `NAME`; may be repeated"},
			minTTLFlag(10 * time.Minute),
		},
		Action: func(c *cli.Context) error { return withHelp(c, p.openedWithArguments(c, p.execute)) },
	}
}

// execute finds the command before it resolves a credential, so that a mistyped name
// costs no renewal.
func (p *program) execute(ctx context.Context, c *cli.Context) error {
	command, err := p.childCommand(c)
	if err != nil {
		return err
	}
	providers, err := providerValues(c)
	if err != nil {
		return err
	}
	minTTL, err := minTTLValue(c)
	if err != nil {
		return err
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return notStarted(command[0], err)
	}
	env := withoutCredentials(os.Environ())
	for _, name := range providers {
		res, err := p.token(ctx, name, minTTL)
		if err != nil {
			return err
		}
		provider, _ := auth.ProviderNamed(name)
		env = append(env, provider.Variable+"="+res.Credential.Token.Reveal())
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p.warn(p.account.Notices()...)
	p.account.Close()
	p.exit, err = startChild(path, command, env)
	if err != nil {
		return notStarted(command[0], err)
	}
	return nil
}

// childCommand returns the arguments after "--". It reads them from the command line
// itself, because urfave/cli removes some.
func (p *program) childCommand(c *cli.Context) ([]string, error) {
	var command []string
	if end := slices.Index(p.args, "--"); end >= 0 {
		command = p.args[end+1:]
	}
	switch {
	case c.NArg() > len(command):
		return nil, settings.UsageError("write the command after --, as in `mogplex auth exec -- npm start`")
	case len(command) == 0:
		return nil, settings.UsageError("name a command after --")
	}
	return command, nil
}

// providerValues reads a repeated --provider; without one it returns the account's.
func providerValues(c *cli.Context) ([]string, error) {
	if !c.IsSet("provider") {
		return []string{auth.Mogplex}, nil
	}
	var names []string
	for _, name := range c.StringSlice("provider") {
		if name == "" {
			return nil, settings.UsageError("--provider is empty")
		}
		if err := account.CheckProvider(name); err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// withoutCredentials returns the variables of an environment except those in which
// programs look for a credential, and the socket of an agent, which hands them out.
func withoutCredentials(environ []string) []string {
	hidden := []string{"MOGPLEX_AUTH_SOCK"}
	for _, p := range auth.Providers() {
		hidden = append(append(hidden, p.Variable), p.Others...)
	}
	return slices.DeleteFunc(environ, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.ContainsFunc(hidden, func(h string) bool {
			return name == h || runtime.GOOS == "windows" && strings.EqualFold(name, h)
		})
	})
}

// notStarted explains why a command did not start. It quotes only a plain name, because
// an argument in the wrong place may be a token.
func notStarted(name string, err error) error {
	what := "the command"
	if plainWord(name) {
		what = "the command " + name
	}
	switch {
	case errors.Is(err, exec.ErrDot):
		return settings.HintError{
			Err:  fmt.Errorf("%s %w: PATH finds it only in the current directory", what, outcome.ErrCannotRun),
			Hint: "Give its path, as in `./NAME`.",
		}
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%s %w", what, outcome.ErrNoCommand)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, `/\`) && !exists(name):
		return fmt.Errorf("%s %w", what, outcome.ErrNoCommand)
	}
	return fmt.Errorf("%s %w: %w", what, outcome.ErrCannotRun, cause(err))
}

// cause returns an error without the path, which may be a token.
func cause(err error) error {
	var failed *exec.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	var atPath *fs.PathError
	if errors.As(err, &atPath) {
		err = atPath.Err
	}
	return err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
