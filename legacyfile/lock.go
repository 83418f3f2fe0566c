package legacyfile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockWait  = 10 * time.Second // where ctx has no deadline
	lockRetry = 5 * time.Millisecond
)

// lock takes the lock file for one read-modify-write. The operating system
// releases it when a process ends, however it ends.
func (f *File) lock(ctx context.Context) (unlock func(), err error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lockWait)
		defer cancel()
	}
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, f.lockError(ctx.Err())
	}
	lock, err := f.lockFile(ctx)
	if err != nil {
		<-f.turn
		return nil, f.lockError(err)
	}
	return func() {
		_ = lock.Close()
		<-f.turn
	}, nil
}

func (f *File) lockFile(ctx context.Context) (*flock.Flock, error) {
	if err := makeDir(filepath.Dir(f.lockPath)); err != nil {
		return nil, err
	}
	lock := flock.New(f.lockPath, flock.SetFlag(lockFlags), flock.SetPermissions(0o600))
	_, err := lock.TryLockContext(ctx, lockRetry)
	return lock, err
}

func (f *File) lockError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("lock %s: %w: %w", f.path, ErrBusy, err)
	}
	return fmt.Errorf("lock %s: %w", f.path, err)
}
