package main

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// The kinds of faults, and one in how many steps has one of each.
const (
	keychainFault   = "keychain"
	serviceFault    = "service"
	diskFault       = "disk"
	clockFault      = "clock"
	revocationFault = "revocation"
)

var odds = map[string]int{keychainFault: 3, serviceFault: 2, diskFault: 4, clockFault: 5, revocationFault: 10}

// fault is one thing that goes wrong.
type fault struct {
	name   string
	kind   string
	weight int
	late   bool          // it may also come while the commands run
	gap    bool          // for a while, or all the time, there is no keychain
	costs  time.Duration // what a command may take for it
	on     func(context.Context, *world, *trouble) error
}

// The faults of the keychain, as its state is in between.
const (
	locked  = "keychain locked"
	killed  = "keychain killed"
	stopped = "keychain stopped"
)

// slow leaves time for other faults between a question and its answer.
var slow = answers(serviceFault, "service: slow", 8, accountserver.Fault{Delay: 300 * time.Millisecond})

var faults = []*fault{
	{name: locked, kind: keychainFault, weight: 3, late: true, costs: 3 * time.Second,
		on: func(ctx context.Context, w *world, _ *trouble) error {
			w.keychainOff = locked
			return w.keyring.Lock(ctx)
		}},
	{name: killed, kind: keychainFault, weight: 3, late: true, gap: true, costs: 3 * time.Second,
		on: func(_ context.Context, w *world, _ *trouble) error {
			w.keychainOff = killed
			return w.keyring.KillProvider()
		}},
	{name: stopped, kind: keychainFault, weight: 2, late: true, costs: 10 * time.Second,
		on: func(_ context.Context, w *world, _ *trouble) error {
			w.keychainOff = stopped
			return w.keyring.StopProvider()
		}},
	{name: "keychain restarted", kind: keychainFault, weight: 2, late: true, gap: true, costs: 3 * time.Second,
		on: func(ctx context.Context, w *world, _ *trouble) error { return w.keyring.RestartProvider(ctx, true) }},
	{name: "keychain restarted, locked", kind: keychainFault, weight: 2, late: true, gap: true, costs: 3 * time.Second,
		on: func(ctx context.Context, w *world, _ *trouble) error {
			w.keychainOff = locked
			return w.keyring.RestartProvider(ctx, false)
		}},

	{name: "service down", kind: serviceFault, weight: 3, late: true, costs: 5 * time.Second,
		on: func(_ context.Context, w *world, t *trouble) error { return w.services[t.service].down() }},
	answers(serviceFault, "service: 500", 2, accountserver.Fault{Status: 500}),
	answers(serviceFault, "service: 503, Retry-After", 1, accountserver.Fault{Status: 503, RetryAfter: "120"}),
	answers(serviceFault, "service: 429, X-Retry-After", 2, accountserver.Fault{Status: 429, XRetryAfter: "7"}),
	answers(serviceFault, "service: captive portal", 2, accountserver.Fault{HTML: true}),
	answers(serviceFault, "service: connection lost before", 2, accountserver.Fault{Drop: true}),
	answers(serviceFault, "service: connection lost after", 2, accountserver.Fault{DropAfterProcessing: true}),
	answers(serviceFault, "service: half an answer", 2, accountserver.Fault{Truncate: true}),
	slow,
	answers(serviceFault, "service: no answer", 1, accountserver.Fault{Delay: time.Hour, Drop: true}),

	answers(revocationFault, "revocation: 503", 2, accountserver.Fault{Status: 503}),
	answers(revocationFault, "revocation: 429, X-Retry-After", 2, accountserver.Fault{Status: 429, XRetryAfter: "1"}),
	answers(revocationFault, "revocation: connection lost", 2, accountserver.Fault{Drop: true}),
	answers(revocationFault, "revocation: no answer", 1, accountserver.Fault{Delay: time.Hour, Drop: true}),

	{name: "disk full", kind: diskFault, weight: 2, late: true,
		on: func(_ context.Context, w *world, _ *trouble) error { return w.disk.fill() }},
	{name: "disk read-only", kind: diskFault, weight: 1,
		on: func(_ context.Context, w *world, _ *trouble) error { return w.disk.protect() }},

	clockAt("clock right", 2, 0), clockAt("clock an hour ahead", 1, time.Hour), clockAt("clock an hour back", 1, -time.Hour),
	clockAt("clock 30 hours ahead", 1, 30*time.Hour), clockAt("clock 30 hours back", 1, -30*time.Hour),
}

// clockAt sets mogplex's clock; it stays there until another fault moves it.
func clockAt(name string, weight int, offset time.Duration) *fault {
	return &fault{name: name, kind: clockFault, weight: weight, late: true,
		on: func(_ context.Context, w *world, _ *trouble) error {
			w.clock.Store(int64(offset))
			return nil
		}}
}

// answers is a fault of the token or the revocation endpoint, once or until it is cleared.
func answers(kind, name string, weight int, f accountserver.Fault) *fault {
	f.Path = accountserver.TokenPath
	if kind == revocationFault {
		f.Path = accountserver.RevokePath
	}
	costs := 5 * time.Second
	if f.Delay > time.Minute {
		costs = silence
	}
	return &fault{name: name, kind: kind, weight: weight, costs: costs,
		on: func(_ context.Context, w *world, t *trouble) error {
			f := f
			f.Times = pick(w.random, 0, 1)
			w.services[t.service].Fail(f)
			return nil
		}}
}

// pickFault chooses a fault of a kind, or none.
func (w *world) pickFault(kind string) *trouble {
	t := &trouble{service: w.random.IntN(2)}
	here := kind != diskFault || w.disk != nil
	if kind == revocationFault {
		here = w.services[t.service].revokes
	}
	if w.random.IntN(odds[kind]) != 0 || !here {
		return nil
	}
	var tickets []*fault
	for _, f := range faults {
		for range f.weight {
			if f.kind == kind {
				tickets = append(tickets, f)
			}
		}
	}
	if t.fault = pick(w.random, tickets...); t.late && w.random.IntN(2) == 0 {
		t.after = 1 + w.upTo(60*time.Millisecond)
	}
	return t
}

// restore ends every fault but a moved clock.
func (w *world) restore(ctx context.Context) error {
	if w.disk != nil {
		if err := w.disk.restore(); err != nil {
			return err
		}
	}
	for _, s := range w.services {
		if err := s.restore(); err != nil {
			return err
		}
	}
	off := w.keychainOff
	w.keychainOff = ""
	switch off {
	case stopped:
		return w.keyring.ContinueProvider()
	case killed:
		return w.keyring.RestartProvider(ctx, true)
	case locked:
		// gnome-keyring aborts now and then when a client's first call opens a session, as this one does.
		if w.keyring.Unlock(ctx) != nil {
			w.faults["keychain crashed by itself"]++
			return w.keyring.RestartProvider(ctx, true)
		}
	}
	return nil
}
