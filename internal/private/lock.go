package private

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

var (
	// ErrBusy: another process held the lock until the wait ended.
	ErrBusy = errors.New("locked by another process")
	// ErrNoLock: the lock can't be created, neither in its place nor elsewhere.
	ErrNoLock = errors.New("no lock can be created")
	// ErrUnneeded: LockOptions.Until ended the wait.
	ErrUnneeded = errors.New("the lock is no longer needed")
)

// LockOptions of [Acquire].
type LockOptions struct {
	// Fallback is the program's name, a short word. It names the directories for a
	// lock that can't be created at its path. "" disables them.
	Fallback string
	// Until, if set, is called before each retry of a busy lock; true ends the
	// wait with ErrUnneeded.
	Until func(ctx context.Context) bool
}

// Lock is a lock that is held, until Unlock or the end of the process.
type Lock struct {
	files []*os.File
	id    string
}

// Acquire takes the lock on the file at path. It creates the file, and its
// directories as [MakeDir] does, and leaves them there. It excludes other
// processes and other goroutines.
//
// Acquire retries a busy lock until ctx ends, at intervals that double from 10 to
// 200 ms, with jitter; at the deadline of ctx it returns ErrBusy. If the lock can't be
// created (the directory is read-only or another user's, the file system has no
// locks), Acquire uses directories that depend on the user id alone, not on the
// environment, and names the lock by the hash of its real path. It takes the lock in
// all of them, so that two processes that share one exclude each other. If it can't
// create any of these, it returns ErrNoLock.
//
// It creates nothing in a directory that belongs to neither this user nor root.
func Acquire(ctx context.Context, path string, opt LockOptions) (*Lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &Lock{}
	err := l.add(ctx, path, opt)
	if err == nil {
		return l, nil
	}
	errs := []error{err}
	if opt.Fallback != "" && !isFinal(err) {
		sum := sha256.Sum256([]byte(RealPath(path)))
		name := hex.EncodeToString(sum[:16]) + ".lock"
		for _, dir := range fallbackDirs(opt.Fallback) {
			if err = l.add(ctx, filepath.Join(dir, name), opt); isFinal(err) {
				break
			}
			errs = append(errs, err)
		}
	}
	switch {
	case isFinal(err):
		l.Unlock()
		return nil, err
	case len(l.files) == 0:
		return nil, fmt.Errorf("%w: %w", ErrNoLock, errors.Join(errs...))
	}
	return l, nil
}

// isFinal reports whether another place for the lock would not help.
func isFinal(err error) bool {
	return errors.Is(err, ErrBusy) || errors.Is(err, ErrUnneeded) || errors.Is(err, context.Canceled)
}

// add locks one more file.
func (l *Lock) add(ctx context.Context, path string, opt LockOptions) error {
	if err := makeDir(filepath.Dir(path), checkDirOwner); err != nil {
		return err
	}
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		file, err := tryOnce(path)
		if file != nil {
			l.files = append(l.files, file)
			l.id = lockID(file)
			return nil
		}
		if err != nil {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return waitError(ctx)
		}
		if opt.Until != nil && opt.Until(ctx) {
			return ErrUnneeded
		}
	}
}

func waitError(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return busyError{ctx.Err()}
	}
	return ctx.Err()
}

// busyError is an ErrBusy that wraps the context's error without its message.
type busyError struct{ ended error }

func (busyError) Error() string { return ErrBusy.Error() }

func (e busyError) Unwrap() []error { return []error{ErrBusy, e.ended} }

// tryOnce returns the locked file, or nil without an error if the lock is busy. If the
// file was removed or replaced before it was locked, tryOnce opens it again, because
// such a lock excludes nobody.
func tryOnce(path string) (*os.File, error) {
	for range 10 {
		file, err := openLock(path)
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = &fs.PathError{Op: "lock", Path: path, Err: ErrNotRegular}
		}
		if err == nil {
			err = checkOwner(file, info)
		}
		got := false
		if err == nil {
			got, err = tryLock(file)
		}
		if err != nil || !got {
			file.Close()
			return nil, err
		}
		if now, err := os.Lstat(path); err == nil && os.SameFile(info, now) {
			return file, nil
		}
		file.Close()
	}
	return nil, &fs.PathError{Op: "lock", Path: path, Err: errors.New("other processes keep replacing it")}
}

// lockID identifies a lock's file among those of all machines, until this machine
// restarts.
func lockID(file *os.File) string {
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	id, err := fileID(file, info)
	machine := bootID()
	if err != nil || machine == "" {
		return ""
	}
	return machine + "-" + id
}

// ID identifies the locked file. A process that later takes a lock with the same ID
// knows that this holder has ended. It is "" if the system has no such ID.
func (l *Lock) ID() string { return l.id }

// Unlock releases the lock. Further calls do nothing.
func (l *Lock) Unlock() {
	for _, file := range l.files {
		_ = file.Close()
	}
	l.files = nil
}
