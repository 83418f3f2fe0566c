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
	// ErrBusy: another process held the lock until the wait was over.
	ErrBusy = errors.New("locked by another process")
	// ErrNoLock: the lock can't be made, neither in its place nor elsewhere.
	ErrNoLock = errors.New("no lock can be made")
	// ErrUnneeded: LockOptions.Until ended the wait.
	ErrUnneeded = errors.New("the lock is no longer needed")
)

// LockOptions of [Acquire].
type LockOptions struct {
	// Fallback names the program for the directories that serve where a lock
	// can't be made in its place: a short word; "" for no such directory.
	Fallback string
	// Until is called before each retry of a lock that is busy; true ends the
	// wait with ErrUnneeded. It may be nil.
	Until func(ctx context.Context) bool
}

// Lock is a lock that is held. It ends with Unlock or with the process, however
// that ends.
type Lock struct {
	files []*os.File
	id    string
}

// Acquire takes the lock that the file at path stands for; the file is created,
// in directories as of [MakeDir], and stays. Goroutines exclude each other too.
//
// A lock that is busy is retried, at intervals that double from 10 to 200 ms
// with jitter, until ctx ends: at its deadline the error is ErrBusy. A lock that
// can't be had (the directory is read-only or another user's, the file system
// has no locks) is made in directories that follow the user id and not the
// environment, under the hash of its real path: in all of them, so that two
// processes exclude each other if they have one in common. If there is none
// either, the error is ErrNoLock.
//
// Nothing is created in a directory that belongs to neither this user nor root.
func Acquire(ctx context.Context, path string, opt LockOptions) (*Lock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &Lock{}
	err := l.add(ctx, path, opt)
	if err == nil || isFinal(err) {
		return l.result(err)
	}
	causes := []error{err}
	if opt.Fallback != "" {
		sum := sha256.Sum256([]byte(realPath(path)))
		name := hex.EncodeToString(sum[:16]) + ".lock"
		for _, dir := range fallbackDirs(opt.Fallback) {
			err := l.add(ctx, filepath.Join(dir, name), opt)
			if isFinal(err) {
				return l.result(err)
			}
			causes = append(causes, err)
		}
	}
	if len(l.files) == 0 {
		return nil, fmt.Errorf("%w: %w", ErrNoLock, errors.Join(causes...))
	}
	return l, nil
}

func (l *Lock) result(err error) (*Lock, error) {
	if err != nil {
		l.Unlock()
		return nil, err
	}
	return l, nil
}

// isFinal reports whether another place for the lock would not help.
func isFinal(err error) bool {
	return errors.Is(err, ErrBusy) || errors.Is(err, ErrUnneeded) || errors.Is(err, context.Canceled)
}

// add takes one more lock file.
func (l *Lock) add(ctx context.Context, path string, opt LockOptions) error {
	dir := filepath.Dir(path)
	if err := makeLockDir(dir); err != nil {
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

// busyError is an ErrBusy whose text leaves out how the wait ended.
type busyError struct{ ended error }

func (busyError) Error() string { return ErrBusy.Error() }

func (e busyError) Unwrap() []error { return []error{ErrBusy, e.ended} }

// tryOnce returns the locked file, or nil without an error if the lock is busy.
// A file that was removed or replaced after it was opened locks nobody out.
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
	return nil, &fs.PathError{Op: "lock", Path: path, Err: errors.New("it keeps being replaced")}
}

// makeLockDir creates the directory of a lock, unless it would lie in another
// user's.
func makeLockDir(dir string) error {
	at := dir
	for {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		at = filepath.Dir(at)
	}
	if err := checkDirOwner(at); err != nil {
		return err
	}
	return MakeDir(dir)
}

// realPath resolves the links of a path as far as it exists.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	rest := ""
	for at := path; ; at = filepath.Dir(at) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		if at == filepath.Dir(at) {
			return path
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}

// lockID names the file of a lock among all files of all machines, for as long
// as this machine runs.
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

// ID names the very lock that is held: who holds a lock of the same ID later
// knows that its holder is gone. It is "" if the system has no such name.
func (l *Lock) ID() string { return l.id }

// Unlock ends the lock. Further calls do nothing.
func (l *Lock) Unlock() {
	for _, file := range l.files {
		_ = file.Close()
	}
	l.files = nil
}
