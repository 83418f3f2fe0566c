package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"
)

// step is some commands at the same time, and what goes wrong meanwhile.
type step struct {
	faults  []*fault
	moment  time.Duration // when the late ones come, since the commands began
	workers [][]*command  // each runs its commands one after the other
	known   int           // sign-ins before it
	began   time.Time
}

// together is a step that runs commands at once, with nothing wrong.
func together(commands ...*command) *step {
	s := &step{}
	for _, c := range commands {
		s.workers = append(s.workers, []*command{c})
	}
	return s
}

// all are the commands.
func (s *step) all() []*command { return slices.Concat(s.workers...) }

// any reports whether a command of the step fulfils a condition.
func (s *step) any(is func(*command) bool) bool { return slices.ContainsFunc(s.all(), is) }

// has returns the step's fault of a kind, nil if there is none.
func (s *step) has(kind int) *fault {
	for _, f := range s.faults {
		if f.kind == kind {
			return f
		}
	}
	return nil
}

// step makes up a step, performs it, and checks what it left.
func (w *world) step(ctx context.Context) error {
	w.reseed()
	s := &step{moment: w.upTo(60 * time.Millisecond)}
	w.addFaults(s)
	focus := w.pickKey()
	if f := s.has(keychainFault); f != nil && f.late && s.has(serviceFault) == nil {
		meanwhile := slow // the keychain goes while the service answers
		meanwhile.service = focus.service
		s.moment += w.upTo(200 * time.Millisecond)
		s.faults = append(s.faults, &meanwhile)
	}
	for range pick(w.random, 1, 1, 1, 2, 2, 3, 3, 4, 4, 6, 6, 16) {
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
	if err := w.perform(ctx, s); err != nil {
		return err
	}
	return w.check(ctx, s, w.steps%5 == 0)
}

func (w *world) pickKey() key {
	return key{w.random.IntN(2), pick(w.random, profiles...), w.random.IntN(len(w.services))}
}

// pickCommand makes up a command.
func (w *world) pickCommand(s *step, k key) *command {
	c := &command{key: k, mode: w.mode}
	c.name = pick(w.random, token, token, token, token, token+" --min-ttl 2h", token+" --min-ttl 2h", "auth refresh",
		"auth refresh", "auth refresh", "auth status --json", login, login, login, logout, migrate, migrateBack,
		"models --refresh", "mcp --refresh --json")
	if w.random.IntN(2) == 0 && !slices.ContainsFunc(w.held[w.shared(k)], (*signIn).alive) {
		c.name = login
	}
	if w.random.IntN(5) == 0 {
		c.mode = pick(w.random, auto, keychain, file)
	}
	if c.migrates() {
		c.mode = auto // the other modes forbid it
	}
	if w.random.IntN(7) == 0 {
		c.signal, c.signalAfter = pick(w.random, os.Kill, os.Kill, os.Interrupt), w.upTo(40*time.Millisecond)
		if f := s.has(serviceFault); f != nil && f.service == k.service {
			c.signalAfter += w.upTo(time.Second)
		}
	}
	return c
}

// perform runs the commands of a step, switches its faults on and off again, and checks each command.
func (w *world) perform(ctx context.Context, s *step) error {
	s.began, s.known = time.Now(), len(w.ledger.signIns)
	for _, c := range s.all() {
		w.limit(s, c)
	}
	if err := errors.Join(w.runAll(ctx, s), w.restore(ctx, s)); err != nil {
		return err
	}
	w.settle(s)
	w.record(s)
	for _, c := range s.all() {
		w.judge(s, c)
	}
	return nil
}

// limit sets how long a command may take, and wait for the keychain. The usual patience is longer than the limit, so that
// a keychain that hangs for no reason is found as an overrun.
func (w *world) limit(s *step, c *command) {
	c.limit, c.patience = 15*time.Second, 20*time.Second // most commands take some ten milliseconds
	if c.name == login {
		c.limit += 15 * time.Second // its --timeout
	}
	if w.hampered(s) {
		c.limit += time.Minute // the waits for a service that does not answer, and for other commands' locks and claims
	}
	if f := s.has(keychainFault); f != nil && f.name == stopped {
		c.patience = 300 * time.Millisecond
	}
}

// hampered reports whether commands may wait, and fail at last. Locks lie elsewhere while the disk is full or read-only: a
// command that cannot see the lock under which a claim was made waits for that claim even in later steps.
func (w *world) hampered(s *step) bool { return w.disk != nil || len(s.faults) > 0 }

// runAll runs a step's commands and switches its faults on.
func (w *world) runAll(ctx context.Context, s *step) error {
	if err := w.begin(ctx, s, false); err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	for _, worker := range s.workers {
		running.Go(func() {
			for _, c := range worker {
				w.exec(ctx, c)
			}
		})
	}
	time.Sleep(s.moment) // a choice of the plan, not a wait for something
	return w.begin(ctx, s, true)
}
