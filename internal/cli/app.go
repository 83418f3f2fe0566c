package cli

import (
	"context"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// app does for the screens what they ask for. It implements [talk.Services] over
// a session whose words go to the screens and not to stderr.
type app struct {
	session *session
	log     *sessionlog.Log
	changed <-chan struct{}

	background sync.WaitGroup  // what goes on behind the screens
	synced     sync.Once       // the hosted state, once somebody is signed in
	ctx        context.Context // ends with the app
	stop       context.CancelFunc

	mu       sync.Mutex
	warnings []string     // told with the next Session
	notice   func(string) // hears what passes by, while a sign-in is on the screen
	hearers  int          // of notice, so far
	pending  []ending     // what came of ending sessions, of which no screen told
	models   []string     // the last catalog's, by which one is picked
}

var _ talk.Services = (*app)(nil)

// openApp takes over a session's words until close.
func (s *session) openApp(ctx context.Context) *app {
	a := &app{session: s, log: s.openLog()}
	a.ctx, a.stop = context.WithCancel(ctx)
	s.hears = &listener{said: a.pass, warned: a.warn}
	a.changed = s.auth.Watch(a.ctx)
	a.log.Event("session started", sessionlog.Program(), sessionlog.Flag("default_service", s.origin == auth.DefaultOrigin),
		sessionlog.Listed("store", s.mode, []storeMode{storeAuto, storeKeychain, storeFile}))
	return a
}

// close ends the app's background work and gives stderr back to the session.
// What is still ended at the service has a moment left, see [app.endLater].
func (a *app) close() {
	a.stop()
	aloud := *a.session.program
	aloud.hears = nil
	_ = aloud.patiently("Ending the session at the service", func() error {
		a.background.Wait()
		return nil
	})
	a.session.hears = nil
	a.session.sayFailed(a.pending)
	var late logoutReport
	late.settle(a.session, a.pending)
	for _, left := range late.LivesOn {
		a.session.say("%s", left.sentence(a.session.now()))
	}
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

func (a *app) warn(sentence string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.warnings = append(a.warnings, sentence)
}

// takeWarnings returns what was warned of since it was last asked.
func (a *app) takeWarnings() (warnings []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	warnings, a.warnings = a.warnings, nil
	return warnings
}

// collecting is the session with its warnings in a list, and what it says
// dropped.
func (a *app) collecting(warnings *[]string) *session {
	return a.session.heardBy(listener{
		said:   func(string) {},
		warned: func(sentence string) { *warnings = append(*warnings, finished(sentence)) },
	})
}

// failed logs a failure by its class: its text may name people and places.
func (a *app) failed(what sessionlog.Const, err error) error {
	if err == nil {
		return nil
	}
	o, ok := promptOutcome(err, "")
	if !ok {
		o = a.session.outcomeOf(err)
	}
	a.log.Event(what+" failed", sessionlog.Text("code", o.code))
	return err
}

// credential is the one in force, good for a minute at least.
func (a *app) credential(ctx context.Context) (auth.Result, error) {
	var dropped []string // Session has them
	return a.collecting(&dropped).token(ctx, auth.Query{}, time.Minute)
}
