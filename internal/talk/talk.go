// Package talk is the conversation with the app, without its drawing: it owns the session, runs what a person types, says
// what came of it, and decides what the app ends with.
//
// A front, the screens of package tui or the lines of package plain, makes a [Talk], draws what it says, and calls it
// with what the person types. Everything else is done by [Services]. Neither knows a token, a store or the network.
//
//   - session.go: who is signed in. Talk is the one owner; fronts read [Talk.Session].
//   - commands.go and perform.go: slash commands; prompt.go, login.go, logout.go, models.go, profile.go, run.go: what they start.
//   - work.go: work off the front's goroutine, and how its results come back.
package talk

import (
	"context"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// Talk is one conversation. The front calls its methods from one goroutine, and [Talk.Handle] whenever [Talk.Ready]
// receives; Talk calls the front's methods from within.
type Talk struct {
	work
	services Services
	front    Front
	opt      Options

	sessions
	attempt *Attempt // the sign-in or the storing of a key that runs; nil for none
	job     *Job     // the command or prompt that runs; nil for none
	run     *Run     // the run that is shown; nil for none

	model   string  // the person's choice; empty for the service's
	catalog []Model // what model names are completed from; may be empty
	turns   []Turn

	pressed time.Time // of the latest Ctrl+C
	over    bool
	failure error // what the app ends with unless it is resolved before
	signOut error // the outcome of a sign-out, until it is shown
}

// Options are how a conversation begins.
type Options struct {
	Attach string           // the run to show first; empty for none
	Login  bool             // begin at the login even if somebody is signed in
	Piped  bool             // no person types: ending without a credential is a failure
	Now    func() time.Time // nil: time.Now
}

// Kind is what a piece of text is.
type Kind int

// Kinds of text.
const (
	Prompted  Kind = iota // what the person typed
	Answered              // what a model says
	Noticed               // what mogplex says
	Warned                // what the person should know
	Failed                // what went wrong
	Suggested             // what to do about it
	Happened              // an event of a run
	Headline              // what the header of a screen shows: the session, the run
)

// Front draws a conversation. Its methods return at once.
type Front interface {
	// StartFailed says why the credential could not be looked up, and offers [Talk.Start], [Talk.StartAnyway] and
	// [Talk.Leave].
	StartFailed(Problem)
	// Started shows the conversation: whose credential is active is known, or the person goes on without.
	Started()
	// Say adds a text.
	Say(kind Kind, text string)
	// Answer adds a piece to the answer; the first piece begins it.
	Answer(piece string, first bool)
	// Clear removes the texts, if the front can.
	Clear()
	// Help lists commands, each with what it does, and adds the front's keys.
	Help(rows [][2]string)
	// ChooseModel offers models; the choice is [Talk.Use]. The note, which may be empty, says why the list is old.
	ChooseModel(models []Model, note string)
	// Adopted follows each change of the session. What was offered for the one before goes.
	Adopted()
	// Login offers the ways to sign in. News is what led there; it may be empty.
	Login(news string)
	// SignInNews shows what a sign-in with the browser says.
	SignInNews(SignInNews)
	// LoginFailed says why nothing was stored. A problem that is Gone was the person's own choice.
	LoginFailed(Problem)
	// SignedIn leaves the login, unless something is being typed there and the credential came from elsewhere. It
	// reports whether the login is gone.
	SignedIn(here bool) (left bool)
	// Watch shows a run from its beginning.
	Watch(*Run)
	// SayRun adds a text to the run that is shown.
	SayRun(kind Kind, text string)
	// RunStopped follows the end of a run's watching.
	RunStopped()
}

// New makes a conversation that ends with ctx. Call [Talk.Start] to begin it, and [Talk.Close] and [Talk.End] when
// [Talk.Over] is true.
func New(ctx context.Context, s Services, front Front, opt Options) *Talk {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	t := &Talk{services: s, front: front, opt: opt}
	t.work.init(ctx, s.LogPanic)
	t.warned = map[string]bool{}
	return t
}

// Start looks up whose credential is active, and shows the conversation.
func (t *Talk) Start() {
	if !t.listening {
		t.listening = true
		t.listen()
	}
	job, _ := t.newJob("Looking for your credential")
	t.job, job.heard = job, true
	t.look(func(now Session, err error) {
		switch {
		case t.started: // by a change
		case err != nil:
			t.endJob()
			t.failure = err
			t.front.StartFailed(t.services.Explain(err))
		default:
			t.begin(now, false)
		}
	})
}

// StartAnyway goes on to the login, although the credential could not be looked up.
func (t *Talk) StartAnyway() {
	if !t.started {
		t.opt.Login = true
		t.begin(Session{}, true)
	}
}

// begin shows the conversation, then the login or the run to attach to.
func (t *Talk) begin(now Session, unread bool) {
	if t.job != nil {
		t.endJob()
	}
	t.started, t.session, t.unread, t.failure = true, now, unread, nil
	t.known = now.SignedIn
	t.front.Started()
	if now.SignedIn {
		t.say(Headline, "Active now: "+activeText(now)+", at "+text.Line(now.Service)+".")
	}
	t.front.Adopted()
	t.warn(now)
	if t.opt.Login || !now.SignedIn {
		t.front.Login("")
		return
	}
	t.Resume()
}

// Resume follows the login: it shows the run to attach to once somebody is signed in.
func (t *Talk) Resume() {
	if id := t.opt.Attach; id != "" && t.session.SignedIn {
		t.opt.Attach = ""
		t.watch(id)
	}
}

// Enter takes a line that was typed, a command or a prompt, and reports false if it has to wait.
func (t *Talk) Enter(line string) (taken bool) {
	line = strings.TrimSpace(line)
	if line == "" {
		return true
	}
	cmd, argument, isCommand, wrong := Parse(line)
	if t.job != nil && wrong == nil && (!isCommand || cmd.runs || t.signingOut && !cmd.Leaves()) {
		t.problem(Problem{Text: t.job.Label + ": this has to wait.", Hint: "Esc interrupts it."})
		return false
	}
	t.say(Prompted, line)
	switch {
	case wrong != nil:
		t.problem(*wrong)
	case isCommand:
		t.perform(cmd, argument)
	case !t.session.SignedIn && !t.unread:
		t.problem(Problem{Text: "You are not signed in.", Hint: "/login signs in."})
	default:
		t.ask(line)
	}
	return true
}

// say says a text of mogplex.
func (t *Talk) say(kind Kind, text string) { t.front.Say(kind, text) }

// problem says a failure and what to do about it.
func (t *Talk) problem(p Problem) { sayProblem(t.front.Say, p) }

func sayProblem(say func(Kind, string), p Problem) {
	say(Failed, p.Text)
	if p.SignIn && !strings.Contains(p.Hint, "/login") {
		p.Hint = strings.TrimSpace(p.Hint + " /login signs in again.")
	}
	if p.Hint != "" {
		say(Suggested, p.Hint)
	}
}

// explain says a failure in words.
func (t *Talk) explain(err error) {
	p := t.services.Explain(err)
	if p.Gone {
		t.say(Noticed, "Interrupted.")
		return
	}
	t.problem(p)
}

// Explain puts a failure into words.
func (t *Talk) Explain(err error) Problem { return t.services.Explain(err) }

// Model is the person's choice of a model, as one line; empty for the service's own.
func (t *Talk) Model() string { return text.Line(t.model) }

// Catalog is the list of models that names are completed from; it may be empty.
func (t *Talk) Catalog() []Model { return t.catalog }
