package legacyfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	"unicode/utf8"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// Update changes the entry under name. It calls change at most once, with the
// version 1 entry: nil if there is none or only Codex has one, the bytes in the
// file if it is corrupt. It stores the entry that change returns. For nil it
// removes our entry from every place in the file, and the file if nothing is left
// in it. An error of change is returned as it is, with nothing written.
//
// When Update returns nil, the entry is on the disk and was read back. After an error
// the old content is unchanged, unless the error is ErrUnsure or ErrChanged. Update
// writes the file even if the entry is unchanged, which proves that it is writable, but
// not to remove a missing entry.
//
// If the file, or the entry that it replaces, can't be parsed, Update backs the
// file up first; see [File.BackedUp]. It removes an entry only from a file that
// can be parsed. It stores nothing in a file of a later version: ErrVersion.
//
// Update waits for other writers until ctx ends, or for 10 seconds if ctx has no
// deadline, and then returns ErrBusy. If it can't create a lock at all, it
// continues without one.
func (f *File) Update(ctx context.Context, name string, change func(current []byte) (next []byte, err error)) error {
	if name == "" || !utf8.ValidString(name) {
		return fmt.Errorf("save to %s: entry name: %w", f.path, ErrInvalid)
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.path, private.Cause(err))
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

// Set stores entry, a JSON object with a credential, under name, whatever is there.
// Errors are those of [File.Update], and ErrInvalid.
func (f *File) Set(ctx context.Context, name string, entry []byte) error {
	if len(entry) == 0 {
		return fmt.Errorf("save to %s: %w", f.path, ErrInvalid)
	}
	return f.Update(ctx, name, func([]byte) ([]byte, error) { return entry, nil })
}

// Delete removes the entry under name, whatever it is, and reports whether there
// was one. It returns ErrForeign if only Codex has such an entry, which it keeps.
// Other errors are those of [File.Update].
func (f *File) Delete(ctx context.Context, name string) (removed bool, err error) {
	// Look first: if there is nothing to remove, no lock or write is needed.
	target, doc, err := f.load(ctx)
	if err != nil {
		return false, err
	}
	_, found, err := doc.remove(name)
	if err != nil {
		return false, corrupt(f.path, doc.text, err)
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
	path, err := f.lockPath()
	if err != nil {
		return nil, err
	}
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
	failed := func(err error) error { return fmt.Errorf("save to %s: %w", f.path, private.Cause(err)) }
	value, err := checkEntry(name, entry)
	if err != nil {
		return failed(err)
	}
	if doc.isNewer() {
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
		f.notice("%s could not be parsed; it is backed up as %s", f.path, backup)
	}
	if err != nil {
		return failed(err)
	}
	return f.readBack(name, value)
}

// remove removes an entry. The lock is held.
func (f *File) remove(target string, doc *document, name string) error {
	failed := func(err error) error { return fmt.Errorf("remove from %s: %w", f.path, private.Cause(err)) }
	next, found, err := doc.remove(name)
	if err != nil {
		return failed(err)
	}
	if !found {
		return nil
	}
	if next.isEmpty() && !next.isNewer() {
		err = private.Remove(target) // keeps a link to it
	} else {
		err = f.replace(target, next.text)
	}
	if err != nil {
		return failed(err)
	}
	return f.readBack(name, nil)
}

// readBack checks that the file holds entry under name, or none if it is nil.
func (f *File) readBack(name string, entry []byte) error {
	_, doc, err := f.load(context.Background()) // even if the caller's context has ended
	if err != nil {
		return fmt.Errorf("%w: %w", ErrChanged, err)
	}
	got, err := doc.own(name)
	if err != nil || !bytes.Equal(got, entry) {
		return fmt.Errorf("save to %s: %w", f.path, ErrChanged)
	}
	return nil
}

// checkEntry returns the version 1 form of an entry to store.
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
