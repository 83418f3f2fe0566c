package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ErrBusy says that another process held the lock for longer than the wait.
var ErrBusy = errors.New("another mogplex process is at work on the credential")

// lockPoll is how often a held lock is tried again.
const lockPoll = 10 * time.Millisecond

// Lock takes the lock that all processes share for changing a provider's
// credential, waiting at most the given time: then it is ErrBusy. The lock
// ends with unlock or with the process. It must not be held while a person is
// waited for.
func (m *Manager) Lock(ctx context.Context, provider string, wait time.Duration) (unlock func(), err error) {
	if err := os.MkdirAll(m.LockDir, 0o700); err != nil {
		return nil, fmt.Errorf("lock the credential: %w", err)
	}
	path := filepath.Join(m.LockDir, lockName(provider))
	file := flock.New(path, flock.SetFlag(lockFlags), flock.SetPermissions(0o600))
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	_, err = file.TryLockContext(waiting, lockPoll)
	switch {
	case err == nil:
		return func() { _ = file.Unlock() }, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%w (waited %s)", ErrBusy, wait)
	}
	return nil, fmt.Errorf("lock the credential: %w", err)
}

// lockName is the provider's lock file. A provider that only a file names, and
// that could name another path, is known by its hash.
func lockName(provider string) string {
	if _, ok := ProviderNamed(provider); !ok {
		sum := sha256.Sum256([]byte(provider))
		provider = hex.EncodeToString(sum[:8])
	}
	return provider + ".lock"
}
