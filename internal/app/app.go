// Package app does for the conversation with mogplex, see package talk, what it needs: over an account, with what
// happens noted in the session log.
package app

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// App does what a conversation needs over the account of one profile.
type App struct {
	Options
	log     *sessionlog.Log
	changed <-chan struct{}

	background sync.WaitGroup  // what goes on behind the conversation
	synced     sync.Once       // the hosted state, once somebody is signed in
	ctx        context.Context // ends with the app
	stop       context.CancelFunc

	mu      sync.Mutex
	notice  func(string)     // shows what passes by, while a sign-in is under way
	hearers int              // of notice, so far
	pending []account.Ending // of sessions, not reported yet
	models  []string         // that the service listed last
}

// Options are what an App works with.
type Options struct {
	Account     *account.Account
	Here        outcome.Here
	OpenBrowser func(string) error // nil: a person could not see one
	// Status returns the text of `mogplex auth status`.
	Status func(context.Context) (string, error)
	// Profiles returns the text of `mogplex auth list`.
	Profiles func(context.Context) (string, error)
}

// Open returns an App that ends with ctx. From here on the account reports its progress to the conversation.
func Open(ctx context.Context, opt Options) *App {
	a := &App{Options: opt, log: openLog(opt.Account.Home)}
	a.ctx, a.stop = context.WithCancel(ctx)
	a.Account.Progress = account.Progress{
		Unlock:  func() { a.pass(words.Unlock) },
		Confirm: func() { a.pass(words.Confirm) },
	}
	a.changed = a.Account.Watch(a.ctx)
	a.log.Event("session started", sessionlog.Program(), sessionlog.Flag("default_service", a.Account.Origin == auth.DefaultOrigin),
		sessionlog.Listed("store", a.Account.Store, account.StoreModes()))
	return a
}

// Close ends the work in the background, and returns what came of it since the conversation ended. What is still being
// ended at the service has a moment left, see [App.endLater].
func (a *App) Close() words.Lines {
	a.stop()
	a.background.Wait()
	late := words.EndingFailures(a.pending)
	late = append(late, words.LiveTokens(a.Account.LiveTokens(a.pending), a.Account.Now())...)
	a.log.Event("session ended")
	_ = a.log.Close()
	return late
}

// Ended notes in the log how the conversation ended. The error of a crash gets the place of the log as its hint.
func (a *App) Ended(err error) error {
	switch {
	case err == nil:
		a.log.Event("left")
		return nil
	case errors.Is(err, context.Canceled):
		return err
	}
	if _, missing := os.Stat(a.log.Path()); missing == nil && errors.Is(err, talk.ErrCrashed) {
		err = settings.HintError{Err: err, Hint: "What happened is in " + text.Printable(a.log.Path()) + ", without what you typed and without your credentials."}
	}
	return a.failed("screen", err)
}

// Explain implements [talk.Services].
func (a *App) Explain(err error) talk.Problem {
	switch {
	case err == nil:
		return talk.Problem{}
	case errors.Is(err, context.Canceled):
		return talk.Problem{Text: "Interrupted.", Gone: true}
	}
	o := a.Here.Of(err)
	return talk.Problem{Text: words.Finished(words.Sentence(err)), Hint: o.App, SignIn: o.SignIn}
}

// Changed implements [talk.Services].
func (a *App) Changed() <-chan struct{} { return a.changed }

// pass hands a word that soon does not matter to a sign-in, if there is one.
func (a *App) pass(sentence string) {
	a.mu.Lock()
	notice := a.notice
	a.mu.Unlock()
	if notice != nil {
		notice(sentence)
	}
}

// failed logs a failure by its class: its text may name people and places.
func (a *App) failed(what sessionlog.Const, err error) error {
	if err == nil {
		return nil
	}
	a.log.Event(what+" failed", sessionlog.Text("code", outcome.Of(err).Code))
	return err
}

// credential is the active one, good for a minute at least. Its warnings are
// Session's to report.
func (a *App) credential(ctx context.Context) (auth.Result, error) {
	return a.Account.Token(ctx, auth.Query{}, time.Minute)
}
