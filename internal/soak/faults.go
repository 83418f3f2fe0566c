package main

import (
	"context"
	"time"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
)

// The kinds of faults. A step has one of each at most.
const (
	keychainFault = "keychain"
	serviceFault  = "service"
	silenceFault  = "silence" // of the service; a kind of its own for the time that it takes
	diskFault     = "disk"
	clockFault    = "clock"
	sessionFault  = "session"
	// revocationFault is of the ending of sessions, where the service offers it.
	revocationFault = "revocation"
)

// odds is one in how many steps a kind of fault is in.
func odds(kind string) int {
	switch kind {
	case keychainFault, serviceFault:
		return 3
	case diskFault:
		return 4
	case clockFault, revocationFault:
		return 12
	case sessionFault:
		return 40
	}
	return 1000
}

// fault is one thing that goes wrong.
type fault struct {
	name   string
	kind   string
	weight int
	late   bool          // it may also come while the commands run
	delay  time.Duration // of each answer of the service
	state  string        // what `auth status` has to say of the keychain; "" where that depends
	gap    bool          // for a while, or all the time, there is no keychain
	on     func(context.Context, *world) error
}

// The faults of the keychain, as its state is in between.
const (
	locked  = "keychain locked"
	killed  = "keychain killed"
	stopped = "keychain stopped"
)

// slow is the fault of the service that a command does not notice.
const slow = "service: slow"

var faults = []*fault{
	{name: locked, kind: keychainFault, weight: 3, late: true, state: "locked",
		on: func(ctx context.Context, w *world) error { w.keychainOff = locked; return w.keyring.Lock(ctx) }},
	{name: killed, kind: keychainFault, weight: 3, late: true, gap: true,
		on: func(_ context.Context, w *world) error { w.keychainOff = killed; return w.keyring.KillProvider() }},
	{name: stopped, kind: keychainFault, weight: 2, late: true, state: "timeout",
		on: func(_ context.Context, w *world) error { w.keychainOff = stopped; return w.keyring.StopProvider() }},
	{name: "keychain restarted", kind: keychainFault, weight: 2, late: true, gap: true,
		on: func(ctx context.Context, w *world) error { return w.restart(ctx, true) }},
	{name: "keychain restarted, locked", kind: keychainFault, weight: 2, late: true, state: "locked", gap: true,
		on: func(ctx context.Context, w *world) error {
			w.keychainOff = locked
			return w.restart(ctx, false)
		}},

	{name: "service down", kind: serviceFault, weight: 3, late: true,
		on: func(_ context.Context, w *world) error { return w.service.down() }},
	answers(serviceFault, "service: 500", 2, accountserver.Fault{Status: 500}),
	answers(serviceFault, "service: 503, Retry-After", 1, accountserver.Fault{Status: 503, RetryAfter: "120"}),
	answers(serviceFault, "service: 429, X-Retry-After", 2, accountserver.Fault{Status: 429, XRetryAfter: "7"}),
	answers(serviceFault, "service: captive portal", 2, accountserver.Fault{HTML: true}),
	answers(serviceFault, "service: connection lost before", 2, accountserver.Fault{Drop: true}),
	answers(serviceFault, "service: connection lost after", 3, accountserver.Fault{DropAfterProcessing: true}),
	answers(serviceFault, "service: half an answer", 3, accountserver.Fault{Truncate: true}),
	answers(serviceFault, slow, 4, accountserver.Fault{Delay: 700 * time.Millisecond}),
	{name: "service: no answer", kind: silenceFault, weight: 1,
		on: func(_ context.Context, w *world) error {
			w.service.Fail(accountserver.Fault{Path: accountserver.TokenPath, Delay: time.Hour, Drop: true})
			return nil
		}},

	answers(revocationFault, "revocation: 503", 2, accountserver.Fault{Status: 503}),
	answers(revocationFault, "revocation: 429, X-Retry-After", 2, accountserver.Fault{Status: 429, XRetryAfter: "1"}),
	answers(revocationFault, "revocation: connection lost", 2, accountserver.Fault{Drop: true}),
	answers(revocationFault, "revocation: no answer", 1, accountserver.Fault{Delay: time.Hour, Drop: true}),

	{name: "disk full", kind: diskFault, weight: 1, late: true,
		on: func(_ context.Context, w *world) error { return w.disk.fill() }},

	{name: "clock an hour ahead", kind: clockFault, weight: 1,
		on: func(_ context.Context, w *world) error { w.service.skew.Add(int64(time.Hour)); return nil }},
	{name: "clock an hour back", kind: clockFault, weight: 1,
		on: func(_ context.Context, w *world) error { w.service.skew.Add(-int64(time.Hour)); return nil }},

	{name: "sessions ended at the service", kind: sessionFault, weight: 1,
		on: func(_ context.Context, w *world) error { w.service.RevokeAll(email); w.service.end(); return nil }},
}

// answers is a fault of the token or the revocation endpoint, once or until it is cleared.
func answers(kind, name string, weight int, f accountserver.Fault) *fault {
	f.Path = accountserver.TokenPath
	if kind == revocationFault {
		f.Path = accountserver.RevokePath
	}
	return &fault{name: name, kind: kind, weight: weight, delay: f.Delay,
		on: func(_ context.Context, w *world) error {
			f := f
			f.Times = pick(w.random, 0, 1)
			w.service.Fail(f)
			return nil
		}}
}

// pickFault chooses a fault of a kind, or none.
func (w *world) pickFault(kind string) *fault {
	here := kind != diskFault || w.disk != nil
	if kind == revocationFault {
		here = w.service.revokes
	}
	if w.random.IntN(odds(kind)) != 0 || !here {
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
	return pick(w.random, tickets...)
}

// restore ends every fault.
func (w *world) restore(ctx context.Context) error {
	if w.disk != nil {
		if err := w.disk.empty(); err != nil {
			return err
		}
	}
	if err := w.service.restore(); err != nil {
		return err
	}
	switch w.keychainOff {
	case stopped:
		if err := w.keyring.ContinueProvider(); err != nil {
			return err
		}
	case locked:
		if err := w.unlock(ctx); err != nil {
			return err
		}
	case killed:
		if err := w.restart(ctx, true); err != nil {
			return err
		}
	}
	w.keychainOff = ""
	return nil
}

// restart gives the keychain a new provider. Where the bus starts one by itself, that is the one: two would fight for
// the name.
func (w *world) restart(ctx context.Context, unlocked bool) error {
	if !w.revives {
		return w.keyring.RestartProvider(ctx, unlocked)
	}
	if err := w.keyring.KillProvider(); err != nil && w.keychainOff != killed {
		return err
	}
	if _, err := w.items(ctx); err != nil || !unlocked {
		return err
	}
	return w.unlock(ctx)
}

// unlock opens the keychain. gnome-keyring aborts now and then where a client's first call opens a session, as this one
// does: then there is a new one.
func (w *world) unlock(ctx context.Context) error {
	err := w.keyring.Unlock(ctx)
	if err == nil {
		return nil
	}
	w.faults["keychain crashed by itself"]++
	if !w.revives {
		return w.keyring.RestartProvider(ctx, true)
	}
	if _, err := w.items(ctx); err != nil {
		return err
	}
	return w.keyring.Unlock(ctx)
}
