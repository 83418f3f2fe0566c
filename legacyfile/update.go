package legacyfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// Update replaces the entry under name by what change makes of it. change is
// called once, at most, with the version 1 entry: nil if there is none or only
// Codex has one, its bytes as they are if it is corrupt. The entry that it
// returns is stored; nil removes the entry in every place of the file where it
// is ours, and the file itself with the last thing it holds. An error of change
// is returned as it is, with nothing written.
//
// When Update returns nil, what it wrote is on disk and was read back. On an
// error the old content is untouched, unless the error is ErrUnsure or
// ErrChanged. Update writes even what is already there, which proves the file
// writable; a removal of nothing writes nothing.
//
// If the file, or the entry that is replaced, can't be parsed, a copy of the
// file is kept first, see [File.BackedUp]; an entry can be removed from a file
// only if the rest can be parsed. A file of a later version is never stored to:
// ErrVersion.
//
// The wait for other writers ends with ctx, or after 10 seconds if ctx has no
// deadline: ErrBusy. If no lock can be made at all, Update goes on without one.
func (f *File) Update(ctx context.Context, name string, change func(current []byte) (next []byte, err error)) error {
	if name == "" || !utf8.ValidString(name) {
		return fmt.Errorf("save to %s: entry name: %w", f.path, ErrInvalid)
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.path, cause(err))
	}
	defer unlock()

	target, doc, err := f.load(ctx)
	damaged := errors.Is(err, ErrCorrupt)
	if err != nil && !damaged {
		return err
	}
	private.Sweep(target)
	var current []byte
	var entryErr error
	if !damaged {
		current, entryErr = doc.own(name)
	}
	next, changeErr := change(current)
	switch {
	case changeErr != nil:
		return changeErr
	case next == nil && damaged:
		return err
	case next == nil:
		return f.remove(target, doc, name)
	case damaged:
		doc = &document{}
	}
	return f.save(target, doc, name, next, damaged || entryErr != nil)
}

// Set stores entry, a JSON object that holds a credential, under name, whatever
// is there. See [File.Update].
func (f *File) Set(ctx context.Context, name string, entry []byte) error {
	if len(entry) == 0 {
		return fmt.Errorf("save to %s: %w", f.path, ErrInvalid)
	}
	return f.Update(ctx, name, func([]byte) ([]byte, error) { return entry, nil })
}

// Delete removes the entry under name, whatever it is, and reports whether
// there was one. ErrForeign means that only Codex has such an entry, which
// stays. See [File.Update].
func (f *File) Delete(ctx context.Context, name string) (removed bool, err error) {
	// If there is nothing to remove, there is no need to lock or write.
	target, doc, err := f.load(ctx)
	if err != nil {
		return false, err
	}
	_, found, err := doc.remove(name)
	if err != nil {
		return false, corrupt(f.path, doc, err)
	}
	if found || len(private.Leftovers(target)) > 0 {
		err = f.Update(ctx, name, func([]byte) ([]byte, error) { return nil, nil })
	}
	if found || err != nil {
		return found && err == nil, err
	}
	if foreign, err := f.Foreign(ctx, name); err != nil || !foreign {
		return false, err
	}
	return false, fmt.Errorf("remove from %s: %w", f.path, ErrForeign)
}

const lockWait = 10 * time.Second // if ctx has no deadline

// lock takes the file's lock for one read-modify-write.
func (f *File) lock(ctx context.Context) (unlock func(), err error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lockWait)
		defer cancel()
	}
	target, _, err := private.Resolve(f.path)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(filepath.Dir(target), "locks", filepath.Base(target)+".lock")
	lock, err := private.Acquire(ctx, path, private.LockOptions{Fallback: "mogplex"})
	if errors.Is(err, private.ErrNoLock) {
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}

// save stores an entry. The lock is held.
func (f *File) save(target string, doc *document, name string, entry []byte, damaged bool) error {
	failed := func(err error) error { return fmt.Errorf("save to %s: %w", f.path, cause(err)) }
	value, err := checkEntry(name, entry)
	if err != nil {
		return failed(err)
	}
	if doc.later() {
		return failed(ErrVersion)
	}
	next, err := doc.set(name, value)
	if err != nil {
		return failed(err)
	}
	if len(next.text) > maxSize {
		return failed(fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, maxSize))
	}
	backup := ""
	if damaged {
		if backup, err = f.backUp(target); err != nil {
			return err
		}
	}
	err = f.replace(target, next.text)
	switch {
	case backup == "":
	case err != nil && !errors.Is(err, ErrUnsure):
		_ = os.Remove(backup) // the original is still in place
	default:
		f.say("%s could not be parsed; it is backed up as %s", f.path, backup)
	}
	if err != nil {
		return failed(err)
	}
	return f.readBack(name, value)
}

// remove drops an entry. The lock is held.
func (f *File) remove(target string, doc *document, name string) error {
	failed := func(err error) error { return fmt.Errorf("remove from %s: %w", f.path, cause(err)) }
	next, found, err := doc.remove(name)
	if err != nil {
		return failed(err)
	}
	if !found {
		return nil
	}
	if next.vacant() && !next.later() {
		err = private.Remove(target) // a link to it stays
	} else {
		err = f.replace(target, next.text)
	}
	if err != nil {
		return failed(err)
	}
	return f.readBack(name, nil)
}

// readBack checks that the file holds entry under name, or none if it is nil.
// What was written is to be known even if the caller's time is over.
func (f *File) readBack(name string, entry []byte) error {
	_, doc, err := f.load(context.Background())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrChanged, err)
	}
	got, err := doc.own(name)
	if err != nil || !bytes.Equal(got, entry) {
		return fmt.Errorf("save to %s: %w", f.path, ErrChanged)
	}
	return nil
}

// checkEntry returns the version 1 form of what is to be stored.
func checkEntry(name string, entry []byte) ([]byte, error) {
	o, err := parseObject(entry)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	value, err := canonical(name, o.compact(), false)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if value == nil {
		return nil, ErrInvalid
	}
	return value, nil
}
