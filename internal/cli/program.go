package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/login"
)

// program is one run of mogplex: its surroundings, which tests replace, and
// what it has said so far.
type program struct {
	stdin        io.Reader
	stdout       io.Writer
	stderr       io.Writer
	lookupEnv    func(string) (string, bool)
	userHome     func() (string, error)
	userDatabase func() string // the home that it names
	now          func() time.Time
	isTerminal   func(any) bool // of an *os.File
	openKeyring  func(keyring.Options) *keyring.Keyring
	openBrowser  func(string) error

	// catchSignals is called before a lock is taken, a line is written to stderr,
	// and by commands that write. Until then signals have their default effect,
	// because catching four of them takes as long as all else that prints a token
	// from a variable.
	catchSignals func()
	// waits is called before anything that can take long, see onceItWaits.
	waits func()

	forProfile string // of this run, once the settings are read; "" for the default one
	forStore   storeMode
	json       bool // errors go to stdout as an object
	printed    bool // the JSON object was printed
	endures    bool // an interrupt ends something that the app does, and not the app
	hears      *listener
}

// listener hears what is said in place of stderr, where the app draws.
type listener struct{ said, warned func(sentence string) }

func newProgram() *program {
	return &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		lookupEnv: inherited(), userHome: os.UserHomeDir, userDatabase: userHome, now: time.Now, isTerminal: isTerminal,
		openKeyring: func(opt keyring.Options) *keyring.Keyring { return keyring.Open(keychainService, opt) },
		openBrowser: login.OpenBrowser, catchSignals: func() {}, waits: func() {},
	}
}

// inherited is the environment as the program found it, see hideSecrets.
func inherited() func(string) (string, bool) {
	return variables(runtime.GOOS, os.Environ())
}

// hideSecrets takes the variables that hold credentials out of what programs
// that are started from here inherit: a browser, or macOS' keychain tool.
func hideSecrets() {
	for _, p := range auth.Providers() {
		_ = os.Unsetenv(p.Variable)
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// here is the kind of place that the command runs in.
func (p *program) here() place {
	return placeOf(runtime.GOOS, p.lookupEnv, func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	})
}

// attended reports that a person is there: to answer a prompt of the
// keychain's, or to sign in.
func (p *program) attended() bool {
	return p.isTerminal(p.stdin) && p.isTerminal(p.stderr) && p.getenv("CI") == ""
}

// say writes lines to the person, broken between words on a terminal. What comes
// from elsewhere can't steer it.
func (p *program) say(format string, args ...any) {
	text := printableLines(fmt.Sprintf(format, args...))
	if p.hears != nil {
		p.hears.said(text)
		return
	}
	p.catchSignals()
	if f, ok := p.stderr.(*os.File); ok && p.isTerminal(f) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 { // 0: it does not know
			text = wrap(text, width)
		}
	}
	fmt.Fprintln(p.stderr, text)
}

// wrap breaks a text's lines between words. A word that is longer than a line,
// such as an address, stays whole, so that it can be copied.
func wrap(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		var b strings.Builder
		column := 0
		for _, word := range strings.Split(line, " ") {
			n := utf8.RuneCountInString(word)
			if column > 0 && column+1+n > width {
				b.WriteByte('\n')
				column = 0
			} else if column > 0 {
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += n
		}
		lines[i] = b.String()
	}
	return strings.Join(lines, "\n")
}

// warn writes each line to the person as a warning.
func (p *program) warn(lines ...string) {
	for _, line := range lines {
		text := strings.TrimSuffix(printable(strings.ReplaceAll(line, "\n", "; ")), ".") + "."
		if p.hears != nil {
			p.hears.warned(text)
			continue
		}
		p.say("Warning: %s", text)
	}
}

// patience is how long a command works in silence.
const patience = time.Second

// patiently runs work, and says what it waits for if that takes long. The app
// shows by itself that it waits.
func (p *program) patiently(doing string, work func() error) error {
	if p.hears != nil {
		return work()
	}
	timer := time.AfterFunc(patience, func() { p.say("%s…", doing) })
	defer timer.Stop()
	return work()
}

// onceItWaits is patiently for work that can be over before a timer is set: the
// first timer of a process starts a thread. The time is counted from the first
// call of p.waits.
func (p *program) onceItWaits(doing string, work func() error) error {
	if p.hears != nil {
		return work()
	}
	stop := func() bool { return false }
	p.waits = sync.OnceFunc(func() { stop = time.AfterFunc(patience, func() { p.say("%s…", doing) }).Stop })
	defer func() {
		p.waits = func() {}
		stop()
	}()
	return work()
}

// printable takes out of a text from elsewhere what could steer a terminal or
// reorder a line: control characters and bidirectional marks.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
}

// printableLines is printable for a text of several lines.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// session is a program with its settings read and its stores opened.
type session struct {
	*program
	settings
	stores
	auth *auth.Manager
}

// open reads the settings for a command. It looks into no store.
func (p *program) open(c *cli.Context) (*session, error) {
	p.json = p.json || boolFlag(c, "json")
	if emptyFlag(c, "profile") {
		return nil, usageError{"--profile is empty"}
	}
	s, err := p.loadSettings(stringFlag(c, "profile"))
	if err != nil {
		return nil, err
	}
	p.forProfile, p.forStore = s.profile, s.store
	p.warn(s.notices...)
	st := p.openStores(s)
	opened := &session{program: p, settings: s, stores: st, auth: p.manager(s, st)}
	opened.auth.Revoke, opened.auth.Check = opened.revokeLost, opened.checkToken
	return opened, nil
}

// heardBy is the session with its words going to a listener.
func (s *session) heardBy(l listener) *session {
	p, own := *s.program, *s
	p.hears, own.program = &l, &p
	return &own
}

// finish tells what the stores repaired on the way.
func (s *session) finish() { s.warn(s.file.Notices()...) }

// command makes a session the way every command wants it.
func (p *program) command(run action) cli.ActionFunc {
	return p.quickCommand(func(ctx context.Context, s *session, c *cli.Context) error {
		p.catchSignals()
		return run(ctx, s, c)
	})
}

type action func(context.Context, *session, *cli.Context) error

// quickCommand is a command that a signal may end at any time, unless it calls
// catchSignals.
func (p *program) quickCommand(run action) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := rootFlagsAlone(c); err != nil {
			return err
		}
		if extra := c.Args().First(); extra != "" {
			return surplusArgument(extra)
		}
		s, err := p.open(c)
		if err != nil {
			return err
		}
		defer s.keychain.attended.Close()
		defer s.finish()
		return run(c.Context, s, c)
	}
}

// rootFlagsAlone refuses a command behind the flags of `mogplex` alone.
func rootFlagsAlone(c *cli.Context) error {
	switch {
	case c.Command.Name == c.App.Name:
	case boolFlag(c, "logout"):
		return usageError{"--logout goes with no command; type `mogplex logout` first"}
	case stringFlag(c, "attach") != "", emptyFlag(c, "attach"):
		return usageError{"--attach goes with no command"}
	case boolFlag(c, "plain"):
		return usageError{"--plain goes with no command"}
	}
	return nil
}

// stringFlag reads a flag given anywhere on the command line.
func stringFlag(c *cli.Context, name string) string {
	for _, at := range c.Lineage() {
		if anySet(at) && at.IsSet(name) {
			return at.String(name)
		}
	}
	return ""
}

// emptyFlag reports a flag that is given with nothing in it: a script's unset
// variable does not mean "any".
func emptyFlag(c *cli.Context, name string) bool {
	for _, at := range c.Lineage() {
		if at.IsSet(name) {
			return strings.TrimSpace(at.String(name)) == ""
		}
	}
	return false
}

func boolFlag(c *cli.Context, name string) bool {
	for _, at := range c.Lineage() {
		if anySet(at) && at.Bool(name) {
			return true
		}
	}
	return false
}

// anySet reports that a flag was given at a level of the command line. The level
// above the app has no flags. To look for one by its name is slow.
func anySet(at *cli.Context) bool { return at.App != nil && at.NumFlags() > 0 }
