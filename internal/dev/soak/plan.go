package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// The commands, as the report counts them.
const (
	token       = "auth token"
	refresh     = "auth refresh"
	status      = "auth status --json"
	login       = "login"
	loginToken  = "login --with-token"
	logout      = "logout"
	migrate     = "auth migrate"
	migrateBack = "auth migrate --to file"
	dryRun      = "auth migrate --dry-run"
	models      = "models --refresh"
	servers     = "mcp --refresh --json"
)

// How long a command may take follows from what is wrong meanwhile: its own part, and that of the commands whose lock
// it waits for.
const (
	// slack is for a machine with other things to do; most commands take some ten milliseconds.
	slack = 15 * time.Second
	// keychainTimeout is MOGPLEX_KEYCHAIN_TIMEOUT if the keychain is stopped: the command waits for it in vain.
	keychainTimeout = time.Second
	// keychainPatience is the same everywhere else: longer than slack, so that a keychain that hangs for another reason is
	// found as an overrun.
	keychainPatience = 20 * time.Second
	// signInLimit is --timeout of a sign-in.
	signInLimit = 15 * time.Second
	// revocation bounds what a command spends on ending a sign-in at the service.
	revocation = 5 * time.Second
	// silence is how long a command waits for a service that does not answer.
	silence = 25 * time.Second
	// waiting is the longest wait for another command's lock or claim.
	waiting = 30 * time.Second
)

// step is a handful of commands at once, and what goes wrong meanwhile.
type step struct {
	faults  []*trouble
	workers [][]*command // each runs its commands one after the other
	had     int          // families before it
}

// trouble is a fault at its time.
type trouble struct {
	*fault
	service int           // of a service's fault
	after   time.Duration // since the commands began; 0: before
}

// all are the commands.
func (s *step) all() []*command { return slices.Concat(s.workers...) }

// has returns the step's fault of a kind, nil if there is none.
func (s *step) has(kind string) *trouble {
	for _, t := range s.faults {
		if t.kind == kind {
			return t
		}
	}
	return nil
}

// gap reports that there was no keychain at all for a while.
func (s *step) gap() bool { return s.has(keychainFault) != nil && s.has(keychainFault).gap }

// troubled reports that a service does not answer as it should.
func (s *step) troubled(service int) bool {
	for _, t := range s.faults {
		if t.kind == serviceFault && t.service == service {
			return true
		}
	}
	return false
}

// clean reports that nothing went wrong.
func (s *step) clean() bool {
	return len(s.faults) == 0 && !slices.ContainsFunc(s.all(), func(c *command) bool { return c.killed || c.broken.Load() })
}

// plan makes up a step.
func (w *world) plan() *step {
	s := &step{had: len(w.ledger.families)}
	for _, kind := range []string{keychainFault, serviceFault, diskFault, clockFault, revocationFault} {
		if t := w.pickFault(kind); t != nil {
			s.faults = append(s.faults, t)
		}
	}
	focus := w.pickKey()
	if k := s.has(keychainFault); k != nil && k.after > 0 && s.has(serviceFault) == nil && focus.service != provider {
		s.faults = append(s.faults, &trouble{fault: slow, service: focus.service}) // the keychain goes while it answers
	}
	for range pick(w.random, 1, 1, 2, 2, 3, 3, 4, 4, 6, 6, 16) {
		var worker []*command
		for range pick(w.random, 1, 1, 2, 3) {
			k := focus
			if w.random.IntN(3) == 0 {
				k = w.pickKey()
			}
			worker = append(worker, w.pickCommand(s, k))
		}
		s.workers = append(s.workers, worker)
	}
	for _, c := range s.all() {
		c.bound, c.patience = s.bound(c)+w.claimed(), keychainPatience
		if k := s.has(keychainFault); k != nil && k.name == stopped {
			c.patience = keychainTimeout
		}
	}
	return s
}

func (w *world) pickKey() key {
	return key{w.random.IntN(2), pick(w.random, profiles...),
		pick(w.random, serviceA, serviceA, serviceB, serviceB, provider)}
}

// pickCommand makes up a command.
func (w *world) pickCommand(s *step, k key) *command {
	name := pick(w.random, token, token, token, token, token, refresh, refresh, refresh, status, status, login, login,
		loginToken, logout, migrate, migrateBack, dryRun, models, servers)
	if w.cells[w.cell(k, keychain)] == nil && w.cells[w.cell(k, file)] == nil && w.random.IntN(2) > 0 {
		name = login
	}
	if k.service == provider && !slices.Contains([]string{status, login, logout, migrate, migrateBack, dryRun}, name) {
		name = token
	}
	c := &command{name: name, key: k, view: view{w.mode, w.random.IntN(8) > 0}}
	if w.random.IntN(6) == 0 {
		c.view.mode = pick(w.random, auto, keychain, file)
	}
	if strings.Contains(name, migrate) {
		c.view.mode = auto // the other settings forbid it
	}
	c.args = w.argsOf(c)
	switch {
	case name == token && w.random.IntN(3) == 0:
		c.args = append(c.args, "--min-ttl", "2h")
	case name == loginToken:
		c.stdin = w.services[k.service].IssuePAT(w.services[k.service].email)
		c.brand = w.ledger.provide(c.stdin, k)
	case name == login && k.service == provider:
		c.stdin = "sk-" + randomText()
		c.brand = w.ledger.provide(c.stdin, k)
	}
	w.strikeAt(c, s)
	return c
}

// strikeAt plans to kill or interrupt a command now and then.
func (w *world) strikeAt(c *command, s *step) {
	if w.random.IntN(7) > 0 {
		return
	}
	c.blow = &blow{w.upTo(40 * time.Millisecond), pick(w.random, os.Kill, os.Kill, os.Interrupt)}
	if c.key.service != provider && s.troubled(c.key.service) {
		c.blow.after += w.upTo(time.Second)
	}
}

// upTo is a time from 0 to a limit.
func (s *soak) upTo(limit time.Duration) time.Duration {
	return time.Duration(s.random.Int64N(int64(limit)))
}

// claimed is how long a command may wait for a claim. While the disk is full or read-only, locks lie elsewhere: once it is
// not, nobody can tell that the maker of such a claim is gone.
func (w *world) claimed() time.Duration {
	return min(waiting, max(0, time.Until(w.claims))).Round(time.Second)
}

// bound is a command's limit in this step.
func (s *step) bound(c *command) time.Duration {
	d := slack
	for _, t := range s.faults {
		d += t.costs
	}
	switch c.name {
	case login:
		d += signInLimit + revocation
	case loginToken, logout:
		d += revocation
	}
	if len(s.faults) > 0 && len(s.all()) > 1 {
		d += waiting
	}
	return d
}

// step makes one step: faults on, commands, faults off, questions.
func (w *world) step(ctx context.Context) error {
	s := w.plan()
	w.next()
	if err := w.carryOut(ctx, s); err != nil {
		return err
	}
	w.record(s)
	if s.has(diskFault) != nil {
		w.claims = time.Now().Add(waiting)
	}
	w.ledger.excuse(func(f *family) bool { return w.excuses(s, f) })
	w.ledger.reused()
	w.bury(s)
	for _, c := range s.all() {
		w.judge(s, c)
		if c.code == notSignedIn && w.lies(s, c) {
			w.blame(c, other, "it said that nobody is signed in, and nothing ended that")
		}
	}
	return w.check(ctx, s, w.steps%5 == 0)
}

// carryOut runs a step's commands, and switches its faults on and off again.
func (w *world) carryOut(ctx context.Context, s *step) (err error) {
	defer func() { err = errors.Join(err, w.restore(ctx)) }()
	var late []*trouble
	for _, t := range s.faults {
		if t.after > 0 {
			late = append(late, t)
		} else if err := t.on(ctx, w, t); err != nil {
			return err
		}
	}
	slices.SortFunc(late, func(a, b *trouble) int { return int(a.after - b.after) })
	watched := w.watchArguments()
	defer watched()
	var running sync.WaitGroup
	began := time.Now()
	for _, worker := range s.workers {
		running.Go(func() {
			for _, c := range worker {
				w.exec(ctx, c)
			}
		})
	}
	for _, t := range late {
		time.Sleep(t.after - time.Since(began)) // the plan's own time, not a wait for something
		if err == nil {
			err = t.on(ctx, w, t)
		}
	}
	running.Wait()
	return err
}
