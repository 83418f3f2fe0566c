package legacyfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// File is one auth.json. It does no I/O until a method is called. It is safe
// for use by any number of goroutines and processes at once: readers take no
// lock, and writers that were given the same lock path take turns.
type File struct {
	path     string
	lockPath string
	now      func() time.Time
	syncDir  func(dir string) error
	turn     chan struct{} // held by the goroutine that holds or waits for the lock file

	mu      sync.Mutex
	said    []string // every notice so far
	drained int      // how many of them Notices handed out
}

// New names the file at path and the lock file that its writers share. Missing
// directories of either are created with mode 0700 by the first write.
func New(path, lockPath string) *File {
	return &File{path: path, lockPath: lockPath, now: time.Now, syncDir: syncDir, turn: make(chan struct{}, 1)}
}

// Path is the path given to New; a symbolic link there is not resolved.
func (f *File) Path() string { return f.path }

// Get returns the version 1 entry in force under name as compact JSON, whatever
// its shape on disk. Where an entry is kept twice, the one with the strictly
// newer saved_at counts, else the one in the credentials object. The caller
// owns the result. A file or an entry that is not there is found == false with
// no error, and so is an entry whose secret is blank; every error means that
// the file could not be looked into.
func (f *File) Get(ctx context.Context, name string) (entry []byte, found bool, err error) {
	doc, err := f.read(ctx)
	if err != nil {
		return nil, false, err
	}
	entry, _ = doc.find(name)
	return entry, entry != nil, nil
}

// Foreign reports whether what Get returns under name is Codex's own: readable,
// but never removed, and not stored by this program.
func (f *File) Foreign(ctx context.Context, name string) (bool, error) {
	doc, err := f.read(ctx)
	if err != nil {
		return false, err
	}
	_, foreign := doc.find(name)
	return foreign, nil
}

// List returns the names that Get would find, sorted.
func (f *File) List(ctx context.Context) ([]string, error) {
	doc, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	return doc.names(), nil
}

// Set stores entry, a JSON object that holds a credential, under name. When it
// returns nil the entry is on disk, and a copy kept at the top level by an
// older version is gone. On an error the old content is untouched, except that
// a failure to sync the directory leaves open which of the two a power cut
// would keep. Set writes even what is already there, which proves the file
// writable. A file that can't be parsed is put aside first, see [File.Notices].
//
// The wait for other writers ends with ctx, or after 10 seconds if ctx has no
// deadline: ErrBusy.
func (f *File) Set(ctx context.Context, name string, entry []byte) error {
	value, err := checkEntry(name, entry)
	if err != nil {
		return fmt.Errorf("save to %s: %w", f.path, err)
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	target, doc, err := f.load(ctx)
	aside := ""
	if errors.Is(err, ErrCorrupt) {
		doc = &document{}
		aside, err = f.putAside(target)
	}
	if err != nil {
		return err
	}
	err = f.save(target, doc, name, value)
	switch {
	case aside == "":
	case err != nil && !errors.Is(err, errUnsure):
		_ = os.Remove(aside) // the original is still in place
	default:
		f.say("%s could not be parsed; it was put aside as %s and a new one was started", f.path, aside)
	}
	return err
}

func (f *File) save(target string, doc *document, name string, value []byte) error {
	if doc.later() {
		return fmt.Errorf("save to %s: %w", f.path, ErrVersion)
	}
	doc.set(name, value)
	return f.replace(target, doc.render())
}

// Delete removes the entry under name, in every place of the file where it is
// ours. It reports whether there was one; nothing is written if not, but what
// killed writers left beside the file goes in any case. The file itself is
// removed with the last thing it holds. ErrForeign means that only Codex has
// such an entry, which stays. A file that can't be parsed is left as it is, with
// an error: an entry may still be in it. It waits as Set does.
func (f *File) Delete(ctx context.Context, name string) (removed bool, err error) {
	return f.remove(ctx, name, func([]byte) bool { return true })
}

// DeleteIf is Delete for as long as Get returns entry, byte for byte; if it
// returns another one, nothing is removed and the error is ErrChanged.
func (f *File) DeleteIf(ctx context.Context, name string, entry []byte) (removed bool, err error) {
	return f.remove(ctx, name, func(current []byte) bool { return string(current) == string(entry) })
}

func (f *File) remove(ctx context.Context, name string, wanted func(entry []byte) bool) (bool, error) {
	// Where there is nothing to remove, there is no need to lock or write.
	target, doc, err := f.load(ctx)
	if err != nil {
		return false, err
	}
	found, err := f.take(doc, name, wanted)
	if err != nil || !found && len(leftovers(filepath.Split(target))) == 0 {
		return false, err
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return false, err
	}
	defer unlock()
	target, doc, err = f.load(ctx)
	if err != nil {
		return false, err
	}
	sweep(filepath.Split(target))
	if found, err := f.take(doc, name, wanted); err != nil || !found {
		return false, err
	}
	if doc.vacant() {
		err = f.discard(target)
	} else {
		err = f.replace(target, doc.render())
	}
	return err == nil, err
}

// take removes name from the document, if the entry in force is wanted.
func (f *File) take(doc *document, name string, wanted func(entry []byte) bool) (found bool, err error) {
	entry, foreign := doc.find(name)
	found = doc.remove(name)
	switch {
	case entry != nil && !wanted(entry):
		err = ErrChanged
	case !found && foreign:
		err = ErrForeign
	case found && doc.later():
		err = ErrVersion
	}
	if err != nil {
		return false, fmt.Errorf("remove from %s: %w", f.path, err)
	}
	return found, nil
}

// checkEntry returns the version 1 form of what Set was given.
func checkEntry(name string, entry []byte) ([]byte, error) {
	if name == "" || !utf8.ValidString(name) {
		return nil, fmt.Errorf("entry name: %w", ErrInvalid)
	}
	o, err := parseObject(entry)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	value := canonical(name, o.compact(), false)
	if value == nil {
		return nil, ErrInvalid
	}
	return value, nil
}

// Notices returns, once each, plain sentences about what was repaired, put
// aside or found open to others since New, and were not yet returned.
func (f *File) Notices() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := slices.Clone(f.said[f.drained:])
	f.drained = len(f.said)
	return fresh
}

func (f *File) say(format string, args ...any) {
	notice := fmt.Sprintf(format, args...)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.said, notice) {
		f.said = append(f.said, notice)
	}
}
