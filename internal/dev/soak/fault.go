package main

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// The kinds of faults.
const (
	keychainFault = iota
	serviceFault
	revocationFault
	diskFault
	clockFault
)

// odds say in one of how many steps there is a fault of a kind.
var odds = []int{keychainFault: 3, serviceFault: 2, revocationFault: 10, diskFault: 4, clockFault: 5}

// fault is one thing that goes wrong.
type fault struct {
	kind int
	name string
	cuts bool // answers of the service can be lost
	rare bool // it makes commands wait for long
	on   func(ctx context.Context, w *world, service int) error
}

// trouble is a fault at its time.
type trouble struct {
	*fault
	service int
	after   time.Duration // since the commands began; 0: before
}

var (
	slow            = answering("slow", accountserver.Fault{Delay: 300 * time.Millisecond})
	keychainStopped = &fault{kind: keychainFault, name: "keychain stopped", on: stopKeychain}
)

var faults = []*fault{
	keychainStopped,
	{kind: keychainFault, name: "keychain locked",
		on: func(ctx context.Context, w *world, _ int) error { return w.keyring.Lock(ctx) }},
	{kind: keychainFault, name: "keychain killed",
		on: func(_ context.Context, w *world, _ int) error { return w.keyring.KillProvider() }},
	{kind: keychainFault, name: "keychain restarted",
		on: func(ctx context.Context, w *world, _ int) error { return w.keyring.RestartProvider(ctx, true) }},
	{kind: keychainFault, name: "keychain restarted, locked",
		on: func(ctx context.Context, w *world, _ int) error { return w.keyring.RestartProvider(ctx, false) }},

	slow,
	answering("500", accountserver.Fault{Status: 500}),
	answering("503, Retry-After", accountserver.Fault{Status: 503, RetryAfter: "120"}),
	answering("429, X-Retry-After", accountserver.Fault{Status: 429, XRetryAfter: "7"}),
	answering("captive portal", accountserver.Fault{HTML: true}),
	answering("connection lost before", accountserver.Fault{Drop: true}),
	answering("connection lost after", accountserver.Fault{DropAfterProcessing: true}),
	answering("half an answer", accountserver.Fault{Truncate: true}),
	answering("no answer", accountserver.Fault{Delay: time.Hour, Drop: true}),
	answering("all of the service down", accountserver.Fault{Path: "/", Drop: true}),

	answering("503", accountserver.Fault{Path: accountserver.RevokePath, Status: 503}),
	answering("429", accountserver.Fault{Path: accountserver.RevokePath, Status: 429, XRetryAfter: "1"}),
	answering("connection lost", accountserver.Fault{Path: accountserver.RevokePath, Drop: true}),
	answering("no answer", accountserver.Fault{Path: accountserver.RevokePath, Delay: time.Hour, Drop: true}),

	{kind: diskFault, name: "disk full",
		on: func(_ context.Context, w *world, _ int) error { return w.disk.fill() }},
	{kind: diskFault, name: "disk read-only",
		on: func(_ context.Context, w *world, _ int) error { return w.disk.protect() }},

	clock(0), clock(time.Hour), clock(-time.Hour), clock(30 * time.Hour), clock(-30 * time.Hour),
}

// clock moves mogplex's clock, which stays there until another fault moves it.
func clock(offset time.Duration) *fault {
	return &fault{kind: clockFault, name: "clock off by " + offset.String(),
		on: func(_ context.Context, w *world, _ int) error {
			w.clock.Store(int64(offset))
			return nil
		}}
}

// answering is a fault of the token or the revocation endpoint, once or until the end of the step.
func answering(name string, f accountserver.Fault) *fault {
	kind := serviceFault
	if f.Path == accountserver.RevokePath {
		kind = revocationFault
	} else if f.Path == "" {
		f.Path = accountserver.TokenPath
	}
	return &fault{kind: kind, name: f.Path + ": " + name, cuts: f.DropAfterProcessing || f.Truncate, rare: f.Delay > time.Minute,
		on: func(_ context.Context, w *world, service int) error {
			f := f
			f.Times = pick(w.random, 0, 1)
			w.services[service].Fail(f)
			return nil
		}}
}

// pickFault chooses a fault of a kind, or none.
func (w *world) pickFault(kind int) *trouble {
	t := &trouble{service: w.random.IntN(len(w.services))}
	if w.random.IntN(odds[kind]) != 0 || kind == diskFault && w.disk == nil ||
		kind == revocationFault && !w.services[t.service].revokes {
		return nil
	}
	var of []*fault
	for _, f := range faults {
		if f.kind == kind && (!f.rare || w.random.IntN(4) == 0) {
			of = append(of, f)
		}
	}
	if t.fault = pick(w.random, of...); w.random.IntN(2) == 0 {
		t.after = 1 + w.upTo(60*time.Millisecond)
	}
	return t
}

func stopKeychain(_ context.Context, w *world, _ int) error {
	w.stopped = true
	return w.keyring.StopProvider()
}

// restore ends every fault of a step but a moved clock.
func (w *world) restore(ctx context.Context, s *step) error {
	if w.disk != nil {
		if err := w.disk.restore(); err != nil {
			return err
		}
	}
	for _, service := range w.services {
		service.ClearFaults()
	}
	if w.stopped {
		w.stopped = false
		return w.keyring.ContinueProvider()
	}
	if s.has(keychainFault) != nil {
		return w.keyring.RestartProvider(ctx, true)
	}
	return nil
}
