// Package tui draws the conversation with the app on a terminal: the login screen, the cockpit, a run that is watched.
//
// [Run] is the whole API. Package talk decides what happens, what to say and how the app ends; tui draws and takes keys.
package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
)

const smallest = 20 // columns; and 6 lines

// app is the window and the screens in it. It implements [tea.Model] and, in front.go, [talk.Front].
type app struct {
	shared
	cockpit *cockpit
	screens []screen // the last is on top
	size    size
	colour  bool
	ticking bool      // a frameMsg is on its way
	hint    string    // in the last line, for a while or until the next key
	hinted  time.Time // when it was set
	drawn   tea.View
	err     error // the terminal can't be drawn on
}

type (
	readyMsg  struct{} // the conversation has something to do
	frameMsg  struct{} // time has passed for what shows it
	slowMsg   struct{} // the start takes long
	unhintMsg struct{ hinted time.Time }
)

func newApp(ctx context.Context, s talk.Services, opt Options) *app {
	look := newTheme(true)
	a := &app{size: size{80, 24}, colour: !opt.noColor()}
	a.shared = shared{theme: &look, now: opt.Now, talk: talk.New(ctx, s, a, opt.Options)}
	a.cockpit = newCockpit(&a.shared)
	a.screens = []screen{newStart(&a.shared)}
	return a
}

// Init implements [tea.Model].
func (a *app) Init() tea.Cmd {
	a.talk.Start()
	cmds := []tea.Cmd{a.listen(), a.tick(startPatience, slowMsg{})}
	if a.colour {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	a.draw()
	return tea.Batch(cmds...)
}

// listen waits until the conversation has something to do.
func (a *app) listen() tea.Cmd {
	return func() tea.Msg {
		select {
		case <-a.talk.Ready():
			return readyMsg{}
		case <-a.talk.Done():
			return nil
		}
	}
}

// Update implements [tea.Model]. A panic ends the app as an error does: bubbletea would print it.
func (a *app) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			a.talk.Crash(r)
			model, cmd = a, tea.Quit
		}
	}()
	cmd = a.receive(msg)
	if a.talk.Over() {
		return a, tea.Quit
	}
	a.draw()
	return a, tea.Batch(cmd, a.animate())
}

// View implements [tea.Model].
func (a *app) View() tea.View { return a.drawn }

func (a *app) receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case readyMsg:
		a.talk.Handle()
		return a.listen()
	case tea.WindowSizeMsg:
		a.size = size{msg.Width, msg.Height}
	case tea.BackgroundColorMsg:
		*a.theme = newTheme(msg.IsDark())
	case tea.KeyPressMsg:
		switch msg.Keystroke() {
		case "ctrl+c":
			return a.ctrlC()
		case "ctrl+z":
			return suspend()
		}
		a.hint = ""
		return a.press(msg)
	case tea.PasteMsg:
		return a.press(msg)
	case frameMsg:
		a.ticking = false
	case unhintMsg:
		if msg.hinted.Equal(a.hinted) {
			a.hint = ""
		}
	case suspendedMsg:
		return a.resumed(msg)
	}
	return nil
}

// animate has the window drawn again soon while it shows that time passes.
func (a *app) animate() tea.Cmd {
	every := spinEvery
	switch run := a.talk.Run(); {
	case a.ticking:
		return nil
	case a.talk.Doing() != nil, a.talk.Attempt() != nil:
	case run != nil && run.Doing() != nil:
		every = time.Second
	default:
		return nil
	}
	a.ticking = true
	return a.tick(every, frameMsg{})
}

func (a *app) top() screen { return a.screens[len(a.screens)-1] }

// press hands a key or a paste to the screen on top, and does what it wants shown.
func (a *app) press(msg tea.Msg) tea.Cmd {
	s := a.top()
	next, cmd := s.press(msg)
	switch {
	case next == s:
	case next != nil:
		a.screens = append(a.screens, next)
	default:
		a.screens = a.screens[:len(a.screens)-1]
		a.left(s)
	}
	return cmd
}

// left goes on after the person left a screen.
func (a *app) left(s screen) {
	switch s.(type) {
	case *loginScreen:
		a.talk.Resume()
	case *runScreen:
		a.Say(talk.Noticed, a.talk.LeaveRun())
	}
}

// ctrlC interrupts what is running, and leaves if it comes twice.
func (a *app) ctrlC() tea.Cmd {
	if a.talk.CtrlC() {
		return nil
	}
	a.top().interrupt()
	a.hinted, a.hint = a.now(), talk.AgainText
	return a.tick(talk.Twice, unhintMsg{a.hinted})
}

// draw draws the screen on top, and the hint over its last line.
func (a *app) draw() {
	v := tea.NewView("")
	v.AltScreen, v.WindowTitle = true, "mogplex"
	switch {
	case a.size.width < smallest || a.size.height < 6:
		v.Content = text.Shorten("This window is too small.", a.size.width)
	default:
		v.Content, v.Cursor = a.top().view(a.size)
		if a.hint != "" {
			lines := append(strings.Split(v.Content, "\n"), make([]string, a.size.height)...)[:a.size.height]
			lines[a.size.height-1] = strings.Repeat(" ", margin) + a.theme.accent.Styled(text.Shorten(a.hint, a.size.width-2*margin))
			v.Content = strings.Join(lines, "\n")
		}
	}
	a.drawn = v
}
