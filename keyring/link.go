package keyring

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// pauseFor is how long calls fail at once after the keychain did not answer in time, or a person dismissed its prompt.
// Otherwise one command would wait, or show the prompt, once for each of its calls.
const pauseFor = 10 * time.Second

// link is the connection that a Keyring and its views share, from the first call until it is dropped.
type link struct {
	backend Backend
	mutex   chan struct{}  // holds a token while a goroutine uses vaults
	vaults  map[bool]Vault // by Access.Attended
	updates itemLocks
	pause   atomic.Pointer[pause]
}

// pause is an error that calls return until a time.
type pause struct {
	until time.Time
	err   error
}

func newLink(b Backend) *link {
	return &link{backend: b, mutex: make(chan struct{}, 1), vaults: map[bool]Vault{}}
}

// acquire locks a channel of capacity 1, or gives up when ctx ends.
func acquire(ctx context.Context, mutex chan struct{}) error {
	select {
	case mutex <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// itemLocks make the Updates of one item run one after another, and those of different items at the same time.
type itemLocks struct {
	byName sync.Map // of chan struct{}, which holds a token while an Update runs
}

func (l *itemLocks) lock(ctx context.Context, name string) (unlock func(), err error) {
	value, _ := l.byName.LoadOrStore(name, make(chan struct{}, 1))
	mutex := value.(chan struct{})
	if err := acquire(ctx, mutex); err != nil {
		return nil, err
	}
	return func() { <-mutex }, nil
}

// vault returns the open keychain for an access, and opens it if there is none.
func (l *link) vault(ctx context.Context, access Access) (Vault, error) {
	if err := acquire(ctx, l.mutex); err != nil {
		return nil, err
	}
	defer func() { <-l.mutex }()
	if v := l.vaults[access.Attended]; v != nil {
		return v, nil
	}
	v, err := l.open(ctx, access)
	if err == nil {
		l.vaults[access.Attended] = v
	}
	return v, err
}

// opened returns an open keychain of either access; nil if there is none.
func (l *link) opened(ctx context.Context) Vault {
	if acquire(ctx, l.mutex) != nil {
		return nil
	}
	defer func() { <-l.mutex }()
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

// drop closes the connection if v is nil or belongs to it. A call that lost its connection may get here after another
// call has opened a new one.
func (l *link) drop(v Vault) {
	l.mutex <- struct{}{}
	defer func() { <-l.mutex }()
	if v != nil && l.vaults[true] != v && l.vaults[false] != v {
		return
	}
	for attended, v := range l.vaults {
		v.Close()
		delete(l.vaults, attended)
	}
}

// once makes one call on the open keychain. It drops the connection if that was lost or the call gave up, so that a prompt
// that is answered later can store nothing.
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

// retry makes one call that changes nothing, and repeats it after a temporary failure.
func (k *Keyring) retry(ctx context.Context, call func(Vault) error) error {
	err := k.once(ctx, call)
	for try := 1; ctx.Err() == nil && try < tries(err); try++ {
		err = k.once(ctx, call)
	}
	return err
}

// tries is how often to try a call that ended with err. After a lost connection, once more is enough. An item can
// disappear several times while another process replaces it: KWallet takes it off the bus for each replacement.
func tries(err error) int {
	switch {
	case errors.Is(err, errLost):
		return 2
	case errors.Is(err, errNoObject):
		return 10
	}
	return 1
}

// run runs one operation within the time limit, or returns the error of a pause.
func (k *Keyring) run(ctx context.Context, op string, operation func(context.Context) error) error {
	if p := k.link.pause.Load(); p != nil && time.Now().Before(p.until) {
		return describe(op, p.err, k.timeout())
	}
	limited, cancel := context.WithTimeout(ctx, k.timeout())
	defer cancel()
	err := operation(limited)
	var own callersError
	if err == nil || errors.As(err, &own) {
		return err
	}
	if limited.Err() != nil {
		err = limited.Err() // more precise than the error of a call that was cut short
	}
	waited := k.timeout()
	if ctx.Err() != nil {
		waited = 0 // the caller's deadline ended it, not ours
	}
	if hung := limited.Err() != nil && ctx.Err() == nil; hung || errors.Is(err, errDismissed) {
		k.link.pause.Store(&pause{time.Now().Add(pauseFor), err})
	}
	return describe(op, err, waited)
}
