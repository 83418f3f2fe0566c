package cli

import (
	"context"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// app does for the screens what they ask for. It implements [talk.Services] over an
// account.
type app struct {
	*program
	log     *sessionlog.Log
	changed <-chan struct{}

	background sync.WaitGroup  // what goes on behind the screens
	synced     sync.Once       // the hosted state, once somebody is signed in
	ctx        context.Context // ends with the app
	stop       context.CancelFunc

	mu      sync.Mutex
	notice  func(string)     // shows what passes by, while a sign-in is on the screen
	hearers int              // of notice, so far
	pending []account.Ending // what came of ending sessions, which no screen has shown
	models  []string         // the last catalog's, by which one is picked
}

var _ talk.Services = (*app)(nil)

// openApp opens the app. From here on the account reports its progress to the screens.
func (p *program) openApp(ctx context.Context) *app {
	a := &app{program: p, log: p.openLog()}
	a.ctx, a.stop = context.WithCancel(ctx)
	a.account.Progress = account.Progress{
		Unlock:  func() { a.pass(unlockNotice) },
		Confirm: func() { a.pass(confirmNotice) },
	}
	a.changed = a.account.Watch(a.ctx)
	a.log.Event("session started", sessionlog.Program(), sessionlog.Flag("default_service", a.account.Origin == auth.DefaultOrigin),
		sessionlog.Listed("store", a.account.Store, []account.StoreMode{account.StoreAuto, account.StoreKeychain, account.StoreFile}))
	return a
}

// close ends the app's background work and reports at the command line what came of
// it. What is still ended at the service has a moment left, see [app.endLater].
func (a *app) close() {
	a.stop()
	end := a.begin(account.EndAtService)
	a.background.Wait()
	end()
	a.sayAll(endingFailures(a.pending))
	a.sayAll(liveTokenLines(a.account.LiveTokens(a.pending), a.env.Now()))
	a.log.Event("session ended")
	_ = a.log.Close()
}

// Changed implements [talk.Services].
func (a *app) Changed() <-chan struct{} { return a.changed }

// pass hands a word that soon does not matter to a sign-in, if there is one.
func (a *app) pass(sentence string) {
	a.mu.Lock()
	notice := a.notice
	a.mu.Unlock()
	if notice != nil {
		notice(sentence)
	}
}

// failed logs a failure by its class: its text may name people and places.
func (a *app) failed(what sessionlog.Const, err error) error {
	if err == nil {
		return nil
	}
	a.log.Event(what+" failed", sessionlog.Text("code", outcome.Of(err).Code))
	return err
}

// credential is the active one, good for a minute at least. Its warnings are
// Session's to report.
func (a *app) credential(ctx context.Context) (auth.Result, error) {
	return a.account.Token(ctx, auth.Query{}, time.Minute)
}
