package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// listen waits until something stored changed.
func (a *app) listen() tea.Cmd {
	changed := a.services.Changed()
	return func() tea.Msg {
		select {
		case _, open := <-changed:
			if open {
				return changedMsg{}
			}
		case <-a.ctx.Done():
		}
		return nil
	}
}

// ask looks the session up. What changes meanwhile is asked for once more.
func (a *app) ask() tea.Cmd {
	if a.asking {
		a.again = true
		return nil
	}
	a.asking, a.again = true, false
	return func() tea.Msg {
		session, err := a.services.Session(a.ctx)
		return sessionMsg{session, err}
	}
}

// answered takes over what was found out about the session.
func (a *app) answered(msg sessionMsg) tea.Cmd {
	a.asking = false
	if msg.err == nil {
		msg.session = a.latest(msg.session)
	}
	if msg.err == nil && msg.session.SignedIn && a.storing() {
		a.late = true // it is what is being stored here, most likely: storedMsg tells that
		return nil
	}
	if msg.err == nil {
		a.session = msg.session
	}
	var cmd tea.Cmd
	if a.again {
		cmd = a.ask()
	}
	if _, starting := a.top().(*startScreen); starting {
		if a.err = msg.err; msg.err == nil {
			return tea.Batch(cmd, a.started())
		}
	} else if msg.err != nil && !a.retried {
		a.retried = true
		cmd = tea.Batch(cmd, a.tick(retryAfter, retryMsg{}))
	}
	return tea.Batch(cmd, a.tellAll(msg))
}

// retryAfter is when a change that could not be looked into is looked into once
// more. A keychain that did not answer is not asked again for ten seconds; one
// that is locked would ask the person for ever.
const retryAfter = 11 * time.Second

// storing reports whether a credential may just be being stored here.
func (a *app) storing() bool {
	for _, s := range a.screens {
		if l, is := s.(*loginScreen); is && l.busy {
			return true
		}
	}
	return false
}

// started is called with the session as soon as it is known: it lays out the
// screens to begin with.
func (a *app) started() tea.Cmd {
	a.session.unknown = a.err != nil
	a.screens, a.err = nil, nil
	cmds := []tea.Cmd{a.push(newCockpit(&a.shared, a.session))}
	if a.login || !a.session.SignedIn {
		cmds = append(cmds, a.push(newLogin(&a.shared, a.session)))
	} else {
		cmds = append(cmds, a.follow())
	}
	return tea.Batch(cmds...)
}

// follow shows the run to attach to, once.
func (a *app) follow() tea.Cmd {
	if a.attach == "" {
		return nil
	}
	run := newRun(&a.shared, a.session, a.attach)
	a.attach = ""
	return a.push(run)
}

// stored goes on with the credential that was just stored.
func (a *app) stored(msg storedMsg) tea.Cmd {
	if msg.err == nil {
		msg.session = a.latest(msg.session)
		a.session = msg.session
	}
	var cmds []tea.Cmd
	for i := len(a.screens) - 1; i >= 0; i-- {
		if _, is := a.screens[i].(*loginScreen); is {
			cmds = append(cmds, a.remove(i))
		}
	}
	return tea.Batch(append(cmds, a.tellAll(msg))...)
}
