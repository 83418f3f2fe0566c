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

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Options are the surroundings of the app.
type Options struct {
	talk.Options
	Input   io.Reader
	Output  io.Writer
	Environ []string // describes the terminal: TERM, NO_COLOR and the like

	window size // in tests, if Output is no terminal
}

// showCursor makes the cursor visible (DECTCEM). bubbletea sometimes leaves it hidden if it ends while it draws.
const showCursor = "\x1b[?25h"

// Run draws the app on the terminal until the person leaves, and gives the terminal back as it was. What it returns is
// that of [talk.Talk.End]. The caller turns signals into the context's end.
func Run(ctx context.Context, s talk.Services, opt Options) error {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	a := newApp(ctx, s, opt)
	settings := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithEnvironment(opt.Environ),
		tea.WithInput(opt.Input), tea.WithOutput(opt.Output),
	}
	if opt.window != (size{}) {
		settings = append(settings, tea.WithWindowSize(opt.window.width, opt.window.height))
	}
	_, err := tea.NewProgram(a, settings...).Run()
	fmt.Fprint(opt.Output, showCursor)
	a.talk.Close(func() { fmt.Fprintln(opt.Output, "Finishing what is still running…") })
	switch end := a.talk.End(ctx); {
	case end != nil:
		return end
	case a.err != nil:
		return a.err
	case err != nil && !errors.Is(err, tea.ErrInterrupted):
		return err
	}
	return nil
}

// noColor reports that colours are not wanted, see https://no-color.org.
func (o Options) noColor() bool {
	return slices.ContainsFunc(o.Environ, func(pair string) bool {
		value, set := strings.CutPrefix(pair, "NO_COLOR=")
		return set && value != ""
	})
}
