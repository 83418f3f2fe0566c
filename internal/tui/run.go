package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// runScreen shows a run: its snapshot, its events, and what comes. Leaving it
// does not stop the run.
type runScreen struct {
	*shared
	id         string
	session    Session
	state      RunState
	known      bool // state is
	transcript transcript
	follow     *follow // what is followed; nil once that ended
	problem    *Problem
	notice     string // that was told last
}

// follow is one call of [Services.Follow].
type follow struct {
	cancel context.CancelFunc
	began  time.Time
	next   time.Time // when the service is asked again; zero where it is being asked
}

type (
	runMsg struct {
		follow  *follow
		updates []RunUpdate
		ended   bool
		err     error
		next    tea.Cmd // listens on
	}
	// leftMsg tells the cockpit what to say of a run that is not watched any more.
	leftMsg struct{ text string }
	// secondMsg counts the seconds of a wait.
	secondMsg struct{ follow *follow }
)

func newRun(s *shared, session Session, id string) *runScreen {
	r := &runScreen{shared: s, session: session, id: oneLine(id)}
	r.transcript.width = 80
	return r
}

// init implements screen.
func (r *runScreen) init() tea.Cmd { return r.start() }

// start follows the run from its beginning.
func (r *runScreen) start() tea.Cmd {
	r.stop()
	r.transcript.clear()
	r.problem, r.notice = nil, ""
	ctx, cancel := context.WithCancel(r.ctx)
	f := &follow{cancel: cancel, began: r.now()}
	r.follow = f
	box := newMailbox[RunUpdate]()
	work := func() tea.Msg {
		box.close(r.services.Follow(ctx, r.id, box.put))
		return nil
	}
	return tea.Batch(work, watch(ctx, f, box), r.tick(time.Second, secondMsg{f}))
}

func watch(ctx context.Context, f *follow, box *mailbox[RunUpdate]) tea.Cmd {
	return func() tea.Msg {
		updates, ended, err := box.take(ctx)
		return runMsg{f, updates, ended, err, watch(ctx, f, box)}
	}
}

func (r *runScreen) stop() {
	if r.follow != nil {
		r.follow.cancel()
		r.follow = nil
	}
}

// interrupt implements screen. Watching is nothing to interrupt.
func (r *runScreen) interrupt() bool { return false }

// close implements screen.
func (r *runScreen) close() { r.stop() }

// update implements screen.
func (r *runScreen) update(msg tea.Msg) (screen, tea.Cmd) {
	switch msg := msg.(type) {
	case runMsg:
		if r.follow == msg.follow {
			return r, r.hear(msg)
		}
	case secondMsg:
		if r.follow == msg.follow {
			return r, r.tick(time.Second, msg)
		}
	case sessionMsg:
		r.changed(msg)
	case storedMsg:
		if msg.err == nil {
			r.session = msg.session
			return r, r.start()
		}
	case tea.KeyPressMsg:
		return r.press(msg.Keystroke())
	}
	return r, nil
}

func (r *runScreen) press(stroke string) (screen, tea.Cmd) {
	switch stroke {
	case "q", "esc":
		return nil, func() tea.Msg { return leftMsg{r.farewell()} }
	case "r":
		if r.follow == nil {
			return r, r.start()
		}
	case "l":
		if r.problem != nil {
			return newLogin(r.shared, r.session), nil
		}
	default:
		r.transcript.press(stroke)
	}
	return r, nil
}

// hear takes in what is new of the run.
func (r *runScreen) hear(msg runMsg) tea.Cmd {
	before := r.known
	for _, update := range msg.updates {
		r.take(update)
	}
	next := msg.next
	if msg.ended {
		next = nil
		r.stop()
	}
	if msg.err != nil {
		r.fail(r.services.Explain(msg.err))
	}
	switch { // a run that was shown once is not what the app fails with
	case r.known && !before:
		return tea.Batch(next, func() tea.Msg { return attachedMsg{} })
	case !r.known && msg.err != nil:
		return tea.Batch(next, func() tea.Msg { return attachedMsg{msg.err} })
	}
	return next
}

// take shows what is new of the run.
func (r *runScreen) take(update RunUpdate) {
	if update.Run.Status != "" { // the service has answered
		r.state, r.known = update.Run, true
	}
	for _, event := range update.Events {
		r.transcript.say(happened, event.text(r.state.Created))
	}
	if update.Notice != r.notice && update.Notice != "" {
		r.transcript.say(noticed, update.Notice)
	}
	r.notice = update.Notice
	r.follow.next = time.Time{}
	if update.Wait > 0 {
		r.follow.next = r.now().Add(update.Wait)
	}
	if r.state.Ended {
		r.transcript.say(noticed, "The run ended: "+r.state.Status+".")
		if r.state.Error != "" {
			r.transcript.say(failed, r.state.Error)
		}
	}
}

// fail shows why the run is not followed any more.
func (r *runScreen) fail(p Problem) {
	r.problem = &p
	r.transcript.problem(p)
}

// changed stops following with a credential that is not in force any more.
func (r *runScreen) changed(msg sessionMsg) {
	if msg.err != nil || msg.session.ID == r.session.ID && msg.session.SignedIn == r.session.SignedIn {
		return
	}
	r.session = msg.session
	if r.follow == nil {
		return
	}
	r.stop()
	p := Problem{Text: "Another credential is in force now: " + inForce(r.session) + ".", Hint: "r shows the run with that one."}
	if !r.session.SignedIn {
		p = Problem{Text: goneText(r.session), Hint: "l signs in again.", SignIn: true}
	}
	r.fail(p)
}
