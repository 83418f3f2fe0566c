package keyring

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// pauseFor is how long a keychain that did not answer in time, or whose prompt a person dismissed, is not asked again:
// one command would else wait, or show the prompt, once for every question.
const pauseFor = 10 * time.Second

// link is the connection that a Keyring and its views share, from the first call until it is dropped.
type link struct {
	backend Backend
	opening chan struct{} // holds a token while one goroutine has vaults
	vaults  map[bool]Vault
	writing turns
	pause   atomic.Pointer[pause]
}

// pause is an answer that holds for a while.
type pause struct {
	until time.Time
	err   error
}

func newLink(b Backend) *link {
	return &link{backend: b, opening: make(chan struct{}, 1), vaults: map[bool]Vault{}, writing: turns{of: map[string]chan struct{}{}}}
}

// take takes a turn, or gives up when ctx ends.
func take(ctx context.Context, turn chan struct{}) error {
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// turns lets the Updates of one item follow one another. Those of different items run at the same time.
type turns struct {
	mu sync.Mutex
	of map[string]chan struct{} // holds a token while an Update runs
}

// begin takes the turn of an item; end gives it back.
func (t *turns) begin(ctx context.Context, name string) (end func(), err error) {
	t.mu.Lock()
	turn := t.of[name]
	if turn == nil {
		turn = make(chan struct{}, 1)
		t.of[name] = turn
	}
	t.mu.Unlock()
	if err := take(ctx, turn); err != nil {
		return nil, err
	}
	return func() { <-turn }, nil
}

// vault returns the open keychain for an access, and opens it if there is none.
func (l *link) vault(ctx context.Context, access Access) (Vault, error) {
	if err := take(ctx, l.opening); err != nil {
		return nil, err
	}
	defer func() { <-l.opening }()
	if v := l.vaults[access.Attended]; v != nil {
		return v, nil
	}
	v, err := l.open(ctx, access)
	if err == nil {
		l.vaults[access.Attended] = v
	}
	return v, err
}

// opened returns an open keychain, of whichever access; nil if there is none.
func (l *link) opened(ctx context.Context) Vault {
	if take(ctx, l.opening) != nil {
		return nil
	}
	defer func() { <-l.opening }()
	for _, v := range l.vaults {
		return v
	}
	return nil
}

func (l *link) open(ctx context.Context, access Access) (Vault, error) {
	if other, ok := l.vaults[!access.Attended].(interface{ WithAccess(Access) Vault }); ok {
		return other.WithAccess(access), nil
	}
	return l.backend.Open(ctx, access)
}

// drop closes the connection, if v is nil or still belongs to it: a call that found it lost may come after another
// has made a new one.
func (l *link) drop(v Vault) {
	l.opening <- struct{}{}
	defer func() { <-l.opening }()
	if v != nil && l.vaults[true] != v && l.vaults[false] != v {
		return
	}
	for attended, v := range l.vaults {
		v.Close()
		delete(l.vaults, attended)
	}
}

// once runs one call on the open keychain. A connection that was lost, or on which a call was given up, is dropped: a
// prompt answered later can store nothing then.
func (k *Keyring) once(ctx context.Context, call func(Vault) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v, err := k.link.vault(ctx, k.access())
	if err != nil {
		return err
	}
	err = call(v)
	if errors.Is(err, errLost) || err != nil && ctx.Err() != nil {
		k.link.drop(v)
	}
	return err
}

// step runs one call that changes nothing, again if its failure is a passing one.
func (k *Keyring) step(ctx context.Context, call func(Vault) error) error {
	err := k.once(ctx, call)
	for try := 1; ctx.Err() == nil && try < tries(err); try++ {
		err = k.once(ctx, call)
	}
	return err
}

// tries is how often a call that ended so is worth making in all. A provider that went away is asked once more. An
// item that went away is one that another process replaces: KWallet takes it off the bus for that moment, each time.
func tries(err error) int {
	switch {
	case errors.Is(err, errLost):
		return 2
	case errors.Is(err, errNoObject):
		return 10
	}
	return 1
}

// do runs one operation within the time limit, unless a pause is on.
func (k *Keyring) do(ctx context.Context, op string, run func(context.Context) error) error {
	if p := k.link.pause.Load(); p != nil && time.Now().Before(p.until) {
		return describe(op, p.err, k.timeout())
	}
	limited, cancel := context.WithTimeout(ctx, k.timeout())
	defer cancel()
	err := run(limited)
	var own callersError
	if err == nil || errors.As(err, &own) {
		return err
	}
	if limited.Err() != nil {
		err = limited.Err() // whatever a call that was cut short made of it
	}
	waited := k.timeout()
	if ctx.Err() != nil {
		waited = 0 // the limit that was over is the caller's
	}
	if hung := limited.Err() != nil && ctx.Err() == nil; hung || errors.Is(err, errDismissed) {
		k.link.pause.Store(&pause{time.Now().Add(pauseFor), err})
	}
	return describe(op, err, waited)
}
