package cli

import (
	"context"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/login"
)

// program is one run of mogplex: its environment, which tests replace, and the account
// that it works on.
type program struct {
	stdin       io.Reader
	stdout      io.Writer
	stderr      io.Writer
	env         settings.Env
	isTerminal  func(any) bool // of an *os.File
	openBrowser func(string) error

	// catchSignals is called before a lock is taken, before a line is written to
	// stderr, and by commands that write. Until then signals have their default
	// effect: catching four of them takes as long as all the rest of printing a token
	// from a variable.
	catchSignals func()

	account *account.Account // nil until open

	args    []string // the command line
	exit    int      // the exit code of a command that succeeds: that of the child of `auth exec`
	json    bool     // errors go to stdout as an object
	printed bool     // the JSON object was printed
	// handlesInterrupts means that an interrupt ends the app's current work, not the app.
	handlesInterrupts bool
}

func newProgram() *program {
	p := &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		isTerminal: isTerminal, openBrowser: login.OpenBrowser, catchSignals: func() {},
	}
	p.env = settings.Env{
		LookupEnv: settings.Variables(runtime.GOOS, os.Environ()), UserHome: os.UserHomeDir,
		UserDatabase: account.UserDatabaseHome, Now: time.Now,
		OpenKeyring: func(opt keyring.Options) *keyring.Keyring { return keyring.Open(account.KeychainService, opt) },
		Attended:    func() bool { return p.attended() && p.env.Site().Prompt },
		BeforeLock:  func() { p.catchSignals() },
		Version:     version(), Stores: account.StoreNames(),
	}
	return p
}

// hideSecrets removes the variables that hold credentials from the environment that
// child processes inherit, such as a browser or macOS' keychain tool.
func hideSecrets() {
	for _, p := range auth.Providers() {
		_ = os.Unsetenv(p.Variable)
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// attended reports whether a person is at the terminal, who can answer the keychain's
// prompt and sign in.
func (p *program) attended() bool {
	return p.isTerminal(p.stdin) && p.isTerminal(p.stderr) && p.env.Getenv("CI") == ""
}

// errEmptyProfile refuses the value of a script's unset variable.
const errEmptyProfile = settings.UsageError("--profile is empty")

// open reads the settings and opens the account. It reads no store.
func (p *program) open(c *cli.Context) error {
	p.json = p.json || boolFlag(c, "json")
	if emptyFlag(c, "profile") {
		return errEmptyProfile
	}
	s, err := p.env.ReadSettings(stringFlag(c, "profile"))
	if err != nil {
		return err
	}
	p.openWith(c, s)
	return nil
}

// openWith opens the account of the settings. It reads no store.
func (p *program) openWith(c *cli.Context, s settings.Settings) {
	p.warn(s.Notices...)
	p.account = account.Open(p.env, s)
	p.account.Progress = p.progress()
	if boolFlag(c, "debug") || p.env.Getenv("MOGPLEX_DEBUG") == "1" {
		p.debug(s)
	}
}

// profile returns the profile of this run. It is empty for the default one, and until
// the settings are read.
func (p *program) profile() string {
	if p.account == nil {
		return ""
	}
	return p.account.Profile
}

// action is the work of a command, once the account is open.
type action func(context.Context, *cli.Context) error

// command catches signals, opens the account and calls run.
func (p *program) command(run action) cli.ActionFunc {
	return p.quickCommand(func(ctx context.Context, c *cli.Context) error {
		p.catchSignals()
		return run(ctx, c)
	})
}

// quickCommand opens the account and calls run. A signal may end run at any time, until
// it calls catchSignals.
func (p *program) quickCommand(run action) cli.ActionFunc {
	return func(c *cli.Context) error { return withHelp(c, p.opened(c, run)) }
}

// checkLine checks what all commands without arguments refuse.
func checkLine(c *cli.Context) error {
	if err := rootFlagsAlone(c); err != nil {
		return err
	}
	if extra := c.Args().First(); extra != "" {
		return unexpectedArgument(extra)
	}
	return nil
}

// opened opens the account of a command without arguments and calls run.
func (p *program) opened(c *cli.Context, run action) error {
	if err := checkLine(c); err != nil {
		return err
	}
	return p.openedWithArguments(c, run)
}

func (p *program) openedWithArguments(c *cli.Context, run action) error {
	if err := rootFlagsAlone(c); err != nil {
		return err
	}
	if err := p.open(c); err != nil {
		return err
	}
	defer p.account.Close()
	defer func() { p.warn(p.account.Notices()...) }()
	return run(c.Context, c)
}
