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

// fallbackName names the directory for locks that can't be created beside their
// store.
const fallbackName = "mogplex"

// acquire is replaced by tests.
var acquire = private.Acquire

// keyLock is the lock of a key: a lock file beside each store that may hold the key.
// Stores in one directory share the file.
type keyLock struct {
	locks   map[string]*private.Lock // by the path of the file
	key     Key
	missing error // why a lock could not be created
}

// lock takes a key's locks beside the given layers. It waits at most the given time,
// and then returns ErrBusy. Release the lock before a person is prompted. If needless
// is not nil and returns true during the wait, lock returns private.ErrUnneeded. If a
// lock can't be created at all, lock succeeds and missing has the reason.
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

// lockPath returns the path of a key's lock file beside the layer's store.
func (l *Layer) lockPath(key Key) string {
	return filepath.Join(l.LockDir(key), key.inHome()+".lock")
}

// id identifies the lock that is held beside a layer; empty if there is none.
func (k *keyLock) id(l *Layer) string {
	if lock := k.locks[l.lockPath(k.key)]; lock != nil {
		return lock.ID()
	}
	return ""
}

// Unlock releases the locks.
func (k *keyLock) Unlock() {
	for _, lock := range k.locks {
		lock.Unlock()
	}
}

// WhileActive calls do under the lock of the provider's credential, if same still
// accepts that credential; otherwise it returns ErrConflict. It prompts nobody, and
// waits at most the given time for other processes.
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
