package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The commands, as the table at the end counts them.
const (
	token       = "auth token"
	tokenOf     = "auth token, variable set"
	refresh     = "auth refresh"
	status      = "auth status --json"
	login       = "login --no-browser"
	loginToken  = "login --with-token"
	logout      = "logout"
	migrate     = "auth migrate"
	migrateBack = "auth migrate --to file"
	dryRun      = "auth migrate --dry-run"
	models      = "models --refresh"
	servers     = "mcp --refresh --json"
	attach      = "--attach " + runID
	theApp      = "the app"
	noticed     = "the app notices a sign-out"
)

// step is a handful of commands at once, and what goes wrong meanwhile.
type step struct {
	faults   []*trouble
	commands []*command
	app      *command // on a terminal, beside the others; nil where there is none
}

// trouble is a fault at its time.
type trouble struct {
	*fault
	after time.Duration // since the commands began; 0: before
}

func (s *step) has(kind string) *trouble {
	for _, t := range s.faults {
		if t.kind == kind {
			return t
		}
	}
	return nil
}

// troubled reports that the service does not answer as it should.
func (s *step) troubled() bool {
	t := s.has(serviceFault)
	return t != nil && t.name != slow || s.has(silenceFault) != nil
}

func (s *step) runs(names ...string) bool {
	for _, c := range s.commands {
		for _, name := range names {
			if c.name == name {
				return true
			}
		}
	}
	return false
}

// step makes one step: faults on, commands, faults off, questions.
func (w *world) step(ctx context.Context) error {
	s := w.plan()
	w.steps++
	w.service.begin(w.steps)
	if err := w.carryOut(ctx, s); err != nil {
		return err
	}
	w.record(s)
	k := s.has(keychainFault)
	w.blanking = k != nil && k.gap
	for _, c := range s.all() {
		if err := w.judge(s, c); err != nil {
			return w.blame(c, err)
		}
	}
	return w.check(ctx, s)
}

// plan makes up a step.
func (w *world) plan() *step {
	s := &step{}
	for _, kind := range []string{keychainFault, serviceFault, silenceFault, diskFault, clockFault, sessionFault, revocationFault} {
		if f := w.pickFault(kind); f != nil {
			t := &trouble{fault: f}
			if f.late && w.random.IntN(2) == 0 {
				t.after = 1 + w.upTo(40*time.Millisecond)
			}
			s.faults = append(s.faults, t)
		}
	}
	for range pick(w.random, 1, 1, 2, 3, 4, 6) {
		c := w.pickCommand(s)
		if w.random.IntN(6) == 0 {
			c.blow = &blow{w.upTo(25 * time.Millisecond), pick(w.random, os.Kill, os.Kill, os.Interrupt)}
			if t := s.has(serviceFault); t != nil && t.delay > 0 {
				c.blow.after += w.upTo(t.delay)
			}
		}
		s.commands = append(s.commands, c)
	}
	for _, c := range s.commands {
		c.bound = s.bound(c)
		if k := s.has(keychainFault); k != nil && k.name == stopped {
			c.env = append(c.env, timeoutVariable+keychainTimeout.String())
		}
	}
	if w.random.IntN(5) == 0 {
		s.app = w.planSitting(s)
	}
	return s
}

// planSitting makes up what is done in the app, and how it is left.
func (w *world) planSitting(s *step) *command {
	c := &command{name: theApp, bound: slack + appSettling, stdin: "hello\n/sync\n/mcp"}
	if k := s.has(keychainFault); k != nil && k.name == stopped {
		c.env = append(c.env, timeoutVariable+keychainTimeout.String())
	}
	if signal := pick[os.Signal](w.random, nil, nil, os.Kill, syscall.SIGHUP); signal != nil {
		c.blow = &blow{w.upTo(300 * time.Millisecond), signal}
	}
	return c
}

// all are the commands, and the app.
func (s *step) all() []*command {
	if s.app == nil {
		return s.commands
	}
	return append(slices.Clone(s.commands), s.app)
}

const timeoutVariable = "MOGPLEX_KEYCHAIN_TIMEOUT="

// upTo is a time from 0 to a limit.
func (s *soak) upTo(limit time.Duration) time.Duration {
	return time.Duration(s.random.Int64N(int64(limit)))
}

// pickCommand makes up a command. There is one sign-in in a step, for there is one person.
func (w *world) pickCommand(s *step) *command {
	name := pick(w.random, token, token, token, token, token, token, tokenOf, refresh, refresh, refresh, refresh,
		status, status, status, login, login, loginToken, logout, migrate, migrateBack, dryRun, models, servers, attach)
	if w.promise != signedIn && w.random.IntN(2) == 0 {
		name = login
	}
	if (name == login || name == loginToken) && s.runs(login, loginToken) {
		name = token
	}
	if name == migrateBack && w.mode == keychain || (name == migrate || name == dryRun) && w.mode == file {
		name = refresh // that setting forbids it
	}
	c := &command{name: name, args: strings.Fields(name)}
	switch name {
	case token:
		if w.random.IntN(3) == 0 {
			c.args = append(c.args, "--min-ttl", "2h")
		}
	case tokenOf:
		c.args, c.env = strings.Fields(token), []string{"MOGPLEX_API_KEY=" + variable}
	case login:
		c.args = append(c.args, "--timeout", signInLimit.String())
	case loginToken:
		personal := w.service.IssuePAT(email)
		w.personal, c.brings = true, w.service.issuedPersonal(personal)
		c.stdin = personal + "\n"
	}
	return c
}

// variable is what MOGPLEX_API_KEY holds where it is set: nothing that the service would take.
const variable = "mog_OfTheEnvironmentAndNoOtherPlaceAtAll"

// carryOut runs a step's commands and the app beside them, and switches its faults on and off again.
func (w *world) carryOut(ctx context.Context, s *step) (err error) {
	var app *sitting
	if s.app != nil {
		if app, err = w.sit(ctx, s.app); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, app.ends(ctx, w)) }()
	}
	defer func() { err = errors.Join(err, w.restore(ctx)) }()
	var late []*trouble
	for _, t := range s.faults {
		if t.after > 0 {
			late = append(late, t)
		} else if err := t.on(ctx, w); err != nil {
			return err
		}
	}
	var running sync.WaitGroup
	for _, c := range s.commands {
		running.Go(func() { w.exec(ctx, c) })
	}
	began := time.Now()
	for _, t := range late {
		time.Sleep(t.after - time.Since(began))
		if err == nil {
			err = t.on(ctx, w)
		}
	}
	running.Wait()
	if app != nil {
		app.lasts()
	}
	return err
}

// record counts and logs a step.
func (w *world) record(s *step) {
	var did []string
	for _, t := range s.faults {
		w.faults[t.name]++
		if t.after > 0 {
			did = append(did, t.name+" after "+t.after.Round(time.Millisecond).String())
		} else {
			did = append(did, t.name)
		}
	}
	for _, c := range s.all() {
		if c.killed {
			w.faults["kill -9 of mogplex"]++
		}
		if c.interrupted.Load() {
			w.faults["Ctrl-C"]++
		}
		w.count(c)
		did = append(did, c.outcome())
	}
	w.note("step %d, signed %s: %s", w.steps, w.promise, strings.Join(did, "; "))
	for _, c := range s.commands {
		said := c.stderr
		if _, after, shown := strings.Cut(said, "Press Ctrl-C to stop."); shown {
			said = after // what a sign-in says at its start
		}
		if words := strings.Fields(w.redact(said)); len(words) > 0 {
			w.note("  %s said: %s", c, strings.Join(words, " "))
		}
	}
}
