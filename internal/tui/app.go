package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

const (
	twice    = 1500 * time.Millisecond // two Ctrl+C within it leave
	smallest = 20                      // columns; and 6 lines
)

// app is the window and the screens in it. It implements [tea.Model].
type app struct {
	shared
	session Session
	screens []screen // the last is on top; empty until the session is known
	size    size
	pending pending
	colour  bool
	login   bool   // begin at the login screen
	attach  string // the run that is still to be shown
	asking  bool   // for the session
	again   bool   // it changed meanwhile
	retried bool   // the latest change could not be looked into, and is once more
	late    bool   // it changed while something was being stored here
	pressed time.Time
	hint    string // in the last line, for a while or until the next key
	drawn   tea.View
	err     error // what Run returns
}

type (
	changedMsg struct{}
	unhintMsg  struct{ pressed time.Time }
)

func newApp(ctx context.Context, s Services, opt Options) *app {
	look := newTheme(true)
	a := &app{
		shared: shared{ctx: ctx, services: s, theme: &look, now: opt.Now},
		size:   size{80, 24}, colour: !opt.noColor(), login: opt.Login, attach: opt.Attach,
	}
	a.screens = []screen{newStart(&a.shared)}
	return a
}

// Init implements [tea.Model].
func (a *app) Init() tea.Cmd {
	cmds := []tea.Cmd{a.top().init(), a.listen(), a.ask()}
	if a.colour {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	a.draw()
	return a.pending.guard(tea.Batch(cmds...))
}

// Update implements [tea.Model]. A panic ends the app as an error does: the
// terminal is given back, and what is printed holds nothing of it.
func (a *app) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			model, cmd = a, a.crashed(crash(r))
		}
	}()
	cmd = a.receive(msg)
	if a.late && !a.storing() {
		a.late = false
		cmd = tea.Batch(cmd, a.ask())
	}
	a.draw()
	return a, a.pending.guard(cmd)
}

// View implements [tea.Model].
func (a *app) View() tea.View { return a.drawn }

func (a *app) receive(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.size = size{msg.Width, msg.Height}
	case tea.BackgroundColorMsg:
		*a.theme = newTheme(msg.IsDark())
	case tea.KeyPressMsg:
		switch msg.Keystroke() {
		case "ctrl+c":
			return a.interrupt()
		case "ctrl+z":
			return suspend()
		}
		a.hint = ""
		return a.tell(len(a.screens)-1, msg)
	case tea.PasteMsg:
		return a.tell(len(a.screens)-1, msg)
	case unhintMsg:
		if msg.pressed.Equal(a.pressed) {
			a.hint = ""
		}
		return nil
	case changedMsg:
		a.retried = false
		return tea.Batch(a.listen(), a.ask())
	case sessionMsg:
		return a.answered(msg)
	case retryMsg:
		return a.ask()
	case loginMsg:
		if _, starting := a.top().(*startScreen); starting { // the key can be pressed twice
			a.login = true
			return a.started()
		}
		return nil
	case storedMsg:
		return a.stored(msg)
	case attachedMsg:
		a.err = msg.err
		return nil
	case suspendedMsg:
		return a.resumed(msg)
	case crashMsg:
		return a.crashed(msg)
	}
	return a.tellAll(msg)
}

func (a *app) top() screen { return a.screens[len(a.screens)-1] }

// tellAll hands a message to every screen, from the top.
func (a *app) tellAll(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for i := len(a.screens) - 1; i >= 0; i-- {
		cmds = append(cmds, a.tell(i, msg))
	}
	return tea.Batch(cmds...)
}

// tell hands a message to a screen, and does what it wants shown.
func (a *app) tell(i int, msg tea.Msg) tea.Cmd {
	s := a.screens[i]
	next, cmd := s.update(msg)
	switch next {
	case s:
		return cmd
	case nil:
		return tea.Batch(cmd, a.remove(i))
	}
	return tea.Batch(cmd, a.push(next))
}

// push lays a screen on top.
func (a *app) push(s screen) tea.Cmd {
	a.screens = append(a.screens, s)
	return s.init()
}

// remove takes a screen away. Below the login screen waits the run to attach to.
func (a *app) remove(i int) tea.Cmd {
	gone := a.screens[i]
	gone.close()
	a.screens = append(a.screens[:i:i], a.screens[i+1:]...)
	switch _, login := gone.(*loginScreen); {
	case len(a.screens) == 0:
		return a.push(newCockpit(&a.shared, a.session))
	case login && a.session.SignedIn:
		return a.follow()
	}
	return nil
}

// interrupt is Ctrl+C.
func (a *app) interrupt() tea.Cmd {
	now := a.now()
	if !a.pressed.IsZero() && now.Sub(a.pressed) < twice {
		return tea.Quit
	}
	a.pressed, a.hint = now, "Ctrl+C again leaves."
	if a.top().interrupt() {
		a.hint = "Interrupted. Ctrl+C again leaves."
	}
	return a.tick(twice, unhintMsg{now})
}

// draw draws the screen on top, and the hint over its last line.
func (a *app) draw() {
	v := tea.NewView("")
	v.AltScreen, v.WindowTitle = true, "mogplex"
	switch {
	case a.size.width < smallest || a.size.height < 6:
		v.Content = shorten("This window is too small.", a.size.width)
	default:
		v.Content, v.Cursor = a.top().view(a.size)
		if a.hint != "" {
			lines := append(strings.Split(v.Content, "\n"), make([]string, a.size.height)...)[:a.size.height]
			lines[a.size.height-1] = strings.Repeat(" ", margin) + a.theme.accent.Styled(shorten(a.hint, a.size.width-2*margin))
			v.Content = strings.Join(lines, "\n")
		}
	}
	a.drawn = v
}
