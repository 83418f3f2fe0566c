package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// The kinds of faults.
const (
	keychainFault = iota
	serviceFault
	revocationFault
	diskFault
	clockFault
)

var kinds = []string{"keychain", "service", "revocation", "disk", "clock"}

// odds say in one of how many steps there is a fault of a kind.
var odds = []int{keychainFault: 3, serviceFault: 2, revocationFault: 10, diskFault: 4, clockFault: 5}

// fault is one thing that goes wrong.
type fault struct {
	kind    int
	name    string
	service int  // to which it happens
	late    bool // while the commands run
	cuts    bool // answers of the service can be lost
	rare    bool // because it makes commands wait long
	on      func(context.Context, *world, *fault) error
}

func (f *fault) String() string { return kinds[f.kind] + " " + f.name }

const stopped = "stopped"

var slow = answering("slow", accountserver.Fault{Delay: 300 * time.Millisecond})

var faults = []fault{
	keychainIs(stopped, func(_ context.Context, k *keyringtest.Session) error { return k.StopProvider() }),
	keychainIs("locked", func(ctx context.Context, k *keyringtest.Session) error { return k.Lock(ctx) }),
	keychainIs("killed", func(_ context.Context, k *keyringtest.Session) error { return k.KillProvider() }),
	keychainIs("restarted", func(ctx context.Context, k *keyringtest.Session) error { return k.RestartProvider(ctx, true) }),
	keychainIs("restarted locked", func(ctx context.Context, k *keyringtest.Session) error {
		return k.RestartProvider(ctx, false)
	}),

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

	{kind: diskFault, name: "full", on: func(_ context.Context, w *world, _ *fault) error { return w.disk.fill() }},
	{kind: diskFault, name: "read-only", rare: true,
		on: func(_ context.Context, w *world, _ *fault) error { return w.disk.protect() }},

	clock(0), clock(time.Hour), clock(-time.Hour), clock(30 * time.Hour), clock(-30 * time.Hour),
}

func keychainIs(name string, do func(context.Context, *keyringtest.Session) error) fault {
	on := func(ctx context.Context, w *world, _ *fault) error { return do(ctx, w.keyring) }
	return fault{kind: keychainFault, name: name, on: on}
}

// clock moves mogplex's clock, which stays there until another fault moves it.
func clock(offset time.Duration) fault {
	on := func(_ context.Context, w *world, _ *fault) error {
		w.clock.Store(int64(offset))
		return nil
	}
	return fault{kind: clockFault, name: "off by " + offset.String(), on: on}
}

// answering is a fault of the token or the revocation endpoint, once or until the end of the step.
func answering(name string, f accountserver.Fault) fault {
	kind := serviceFault
	if f.Path == accountserver.RevokePath {
		kind = revocationFault
	} else if f.Path == "" {
		f.Path = accountserver.TokenPath
	}
	on := func(_ context.Context, w *world, to *fault) error {
		f.Times = pick(w.random, 0, 1)
		w.services[to.service].Fail(f)
		return nil
	}
	cuts := f.DropAfterProcessing || f.Truncate
	return fault{kind: kind, name: f.Path + " " + name, cuts: cuts, rare: f.Delay > time.Minute, on: on}
}

// addFaults chooses what goes wrong in a step.
func (w *world) addFaults(s *step) {
	for kind, in := range odds {
		service := w.random.IntN(len(w.services))
		if w.random.IntN(in) != 0 || kind == diskFault && w.disk == nil ||
			kind == revocationFault && !w.services[service].revokes {
			continue
		}
		var of []fault
		for _, f := range faults {
			if f.kind == kind && (!f.rare || w.random.IntN(4) == 0) {
				of = append(of, f)
			}
		}
		f := pick(w.random, of...)
		f.service, f.late = service, pick(w.random, true, false)
		s.faults = append(s.faults, &f)
	}
}

// begin switches on the faults of a step that come late, or those that do not.
func (w *world) begin(ctx context.Context, s *step, late bool) error {
	for _, f := range s.faults {
		if f.late == late {
			if err := f.on(ctx, w, f); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
		}
	}
	return nil
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
	switch f := s.has(keychainFault); {
	case f == nil:
		return nil
	case f.name == stopped:
		return w.keyring.ContinueProvider()
	}
	return w.keyring.RestartProvider(ctx, true)
}
