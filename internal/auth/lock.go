package auth

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// ErrBusy says that another process held the lock for longer than the wait.
var ErrBusy = errors.New("another mogplex process is using the credential")

// fallbackName names the directory for locks that can't be made beside what they
// protect.
const fallbackName = "mogplex"

// acquire is replaced by tests.
var acquire = private.Acquire

// keyLock is the lock of a key: one lock file beside each store that the key may
// be written in, mostly the same.
type keyLock struct {
	locks   map[string]*private.Lock // by the path that was wanted
	key     Key
	missing error // why a lock could not be made
}

// lock takes a key's locks beside the given layers, waiting at most the given
// time, after which it returns ErrBusy. It must not be held while a person is asked
// for something. If needless is not nil and returns true during the wait, lock
// returns private.ErrUnneeded. If a lock can't be made at all, lock succeeds and
// missing has the reason.
func (m *Manager) lock(ctx context.Context, key Key, wait time.Duration, layers []*Layer, needless func(context.Context) bool) (*keyLock, error) {
	if m.BeforeLock != nil {
		m.BeforeLock()
	}
	k := &keyLock{locks: map[string]*private.Lock{}, key: key}
	var paths []string
	for _, l := range layers {
		if path := l.lockPath(key); !l.Disabled && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths) // all processes take them in the same order
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for _, path := range paths {
		lock, err := acquire(waiting, path, private.LockOptions{Fallback: fallbackName, Until: needless})
		switch {
		case err == nil:
			k.locks[path] = lock
			continue
		case errors.Is(err, private.ErrNoLock):
			k.missing = err
			continue
		}
		k.Unlock()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, private.ErrBusy):
			return nil, fmt.Errorf("%w (waited %s)", ErrBusy, wait)
		}
		return nil, err
	}
	return k, nil
}

// lockPath is the lock file of a key beside the layer's store.
func (l *Layer) lockPath(key Key) string {
	return filepath.Join(l.LockDir(key), key.inHome()+".lock")
}

// id names the very lock that is held beside a layer; empty if none is.
func (k *keyLock) id(l *Layer) string {
	if lock := k.locks[l.lockPath(k.key)]; lock != nil {
		return lock.ID()
	}
	return ""
}

// Unlock gives the locks back.
func (k *keyLock) Unlock() {
	for _, lock := range k.locks {
		lock.Unlock()
	}
}

// all are the layers, as lock takes them.
func (r *Resolver) all() (layers []*Layer) {
	for i := range r.Layers {
		layers = append(layers, &r.Layers[i])
	}
	return layers
}

// WhileActive calls do while no other process can change the provider's
// credential, if same still accepts that credential. It asks no person, and waits at most
// the given time for other processes.
func (m *Manager) WhileActive(ctx context.Context, provider string, wait time.Duration, same func(Credential) bool, do func(context.Context) error) error {
	lock, err := m.lock(ctx, m.Key(provider), wait, m.all(), nil)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	res, err := m.Resolve(ctx, Query{Provider: provider})
	if err != nil || !same(res.Credential) {
		return ErrConflict
	}
	return do(ctx)
}
