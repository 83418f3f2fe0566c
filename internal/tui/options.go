package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// Options are the surroundings of an app.
type Options struct {
	Attach  string // the run to show first; empty for none
	Login   bool   // begin at the login screen, whoever is signed in
	Input   io.Reader
	Output  io.Writer
	Environ []string         // what the terminal is said to be: TERM, NO_COLOR and the like
	Now     func() time.Time // nil: time.Now

	// For RunPlain alone.
	ReadSecret ReadSecret      // asks for a secret that is not echoed; nil: it is read as a line
	Interrupts <-chan struct{} // receives with each Ctrl+C; nil: the context's end is all
	// Quiet turns the echo of lines off until restore; ok is false where that
	// can't be. nil: it can't.
	Quiet func() (restore func(), ok bool)

	window size // in tests, where Output is no terminal
}

// ReadSecret asks for a secret on a terminal without echo.
type ReadSecret func(ctx context.Context, prompt string) (auth.Secret, error)

// settle is how long the end of the app waits for what was begun: a credential
// that was just granted is stored first.
const settle = 10 * time.Second

// Run draws the app on the terminal until the person leaves, and gives the
// terminal back as it was. It returns nil when the person left, the context's
// error when that ended it, the error of the run to attach to, when that could
// not be shown, and that of a sign-out that was still going on. The caller turns
// signals into the context's end.
func Run(ctx context.Context, s Services, opt Options) error {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	a := newApp(inner, s, opt)
	settings := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithEnvironment(opt.Environ),
		tea.WithInput(opt.Input), tea.WithOutput(opt.Output),
	}
	if opt.window != (size{}) {
		settings = append(settings, tea.WithWindowSize(opt.window.width, opt.window.height))
	}
	_, err := tea.NewProgram(a, settings...).Run()
	cancel()
	a.pending.wait(settle, func() { fmt.Fprintln(opt.Output, "Finishing what was begun…") })
	unheard := a.parting.unheard()
	switch {
	case a.err != nil:
		return a.err
	case unheard != nil:
		return unheard
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && !errors.Is(err, tea.ErrInterrupted):
		return err
	case a.attach != "":
		return auth.ErrNotSignedIn // there was no one to show the run to
	}
	return nil
}

// noColor says that colours are not wanted, see https://no-color.org.
func (o Options) noColor() bool {
	return slices.ContainsFunc(o.Environ, func(pair string) bool {
		value, set := strings.CutPrefix(pair, "NO_COLOR=")
		return set && value != ""
	})
}
