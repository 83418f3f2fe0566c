package legacyfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// File is one auth.json. It does no I/O until a method is called. It is safe
// for use by any number of goroutines and processes at once: readers take no
// lock, and writers of one file take turns, by whatever links they reach it.
type File struct {
	path string
	opt  Options
	now  func() time.Time

	mu       sync.Mutex
	said     []string // every notice so far
	drained  int      // how many of them Notices handed out
	reserved *private.Reservation
}

// Options of [New]. The zero value is right for a file that stands alone.
type Options struct {
	// Codex is the path of Codex's own auth.json, "" for none. Its API key, and
	// entries that an older version of this program left in it, are read where
	// this file has none. It is never written, and all of it is foreign.
	Codex string
	// Dir is a directory that exists for this file and its neighbours, "" for
	// none. Reading closes it to other users, and says so in Notices.
	Dir string
}

// New names the file at path. Missing directories are created with mode 0700
// by the first write.
func New(path string, opt Options) *File { return &File{path: path, opt: opt, now: time.Now} }

// Path is the path given to New; a symbolic link there is not resolved.
func (f *File) Path() string { return f.path }

// LockDir is the directory for locks on what the file holds: it lies beside the
// file that symbolic links resolve to, so that two paths to one file share it.
// It need not exist. The file's own lock is in it, too, as auth.json.lock for
// an auth.json.
func (f *File) LockDir() (string, error) {
	target, _, err := private.Resolve(f.path)
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", f.path, err)
	}
	return filepath.Join(filepath.Dir(target), "locks"), nil
}

// Get returns the version 1 entry under name as compact JSON, whatever its
// shape on disk. The caller owns the result. A file or an entry that is not
// there is found == false with no error, and so is an entry whose secret is
// blank; every error means that the file could not be looked into. If only the
// entry itself is corrupt, it is returned as it is beside the error.
func (f *File) Get(ctx context.Context, name string) (entry []byte, found bool, err error) {
	entry, _, err = f.find(ctx, name)
	return entry, entry != nil, err
}

// Foreign reports whether what Get returns under name is Codex's own: readable,
// but never removed, and not stored by this program.
func (f *File) Foreign(ctx context.Context, name string) (bool, error) {
	if f.opt.Codex == "" && name != codexProvider {
		return false, nil
	}
	_, foreign, err := f.find(ctx, name)
	return foreign && err == nil, err
}

func (f *File) find(ctx context.Context, name string) (entry []byte, foreign bool, err error) {
	_, doc, err := f.load(ctx)
	if err != nil {
		return nil, false, err
	}
	entry, foreign, err = doc.find(name)
	if entry != nil || err != nil || f.opt.Codex == "" {
		return entry, foreign, corrupt(f.path, doc, err)
	}
	if doc, err = f.loadCodex(ctx); err != nil {
		return nil, true, err
	}
	entry, _, err = doc.find(name)
	return entry, entry != nil, corrupt(f.opt.Codex, doc, err)
}

// List returns the names that Get would find, sorted, those of corrupt entries
// as well. If Codex's file can't be read, it is left out, and Notices says so.
func (f *File) List(ctx context.Context) ([]string, error) {
	_, doc, err := f.load(ctx)
	if err != nil {
		return nil, err
	}
	names := doc.names()
	if f.opt.Codex == "" {
		return names, nil
	}
	doc, err = f.loadCodex(ctx)
	if err != nil {
		f.say("Codex's file was left out: %v", err)
		return names, nil
	}
	names = append(names, doc.names()...)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// load returns the document on disk, an empty one if there is no file, and says
// which file the path leads to. The target is valid beside an ErrCorrupt.
func (f *File) load(ctx context.Context) (target string, doc *document, err error) {
	if err := ctx.Err(); err != nil {
		return "", nil, fmt.Errorf("read %s: %w", f.path, err)
	}
	f.checkDirs()
	target, info, err := private.Resolve(f.path)
	var data []byte
	if err == nil && info != nil {
		data, err = private.Read(target, maxSize, f.checkMode)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("read %s: %w", f.path, cause(err))
	}
	doc, err = parseDocument(data)
	return target, doc, corrupt(f.path, &document{text: textOf(data)}, err)
}

// loadCodex returns Codex's document, an empty one if it has no file. It
// repairs nothing: the file is not ours.
func (f *File) loadCodex(ctx context.Context) (*document, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", f.opt.Codex, err)
	}
	data, err := private.ReadTrusted(f.opt.Codex, maxSize)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", f.opt.Codex, cause(err))
	}
	doc, err := parseDocument(data)
	return doc, corrupt(f.opt.Codex, &document{text: textOf(data)}, err)
}

// cause drops the path that an error carries: the caller names it.
func cause(err error) error {
	if path, ok := err.(*fs.PathError); ok {
		return path.Err
	}
	return err
}

// corrupt gives a fault in a document its place in the file.
func corrupt(path string, doc *document, err error) error {
	at, ok := err.(*fault)
	if !ok {
		return err
	}
	line, column := position(doc.text, at.offset)
	return &CorruptError{Path: path, Line: line, Column: column, Reason: at.reason}
}

// checkMode closes a file that others may read or write, and says so.
func (f *File) checkMode(file *os.File, info fs.FileInfo) {
	was, err := private.CloseFile(file, info)
	if err != nil {
		f.say("%s is open to others (%s), and that can't be changed: %v", f.path, was, cause(err))
	} else if was != "" {
		f.say("%s was open to others (%s); only you can read and write it now", f.path, was)
	}
}

// checkDirs closes the directory that is ours, and points out one in which
// others may write.
func (f *File) checkDirs() {
	if f.opt.Dir != "" {
		was, err := private.CloseDir(f.opt.Dir)
		if err != nil {
			f.say("the directory %s is open to others (%s), and that can't be changed: %v", f.opt.Dir, was, cause(err))
		} else if was != "" {
			f.say("the directory %s was open to others (%s); only you can use it now", f.opt.Dir, was)
		}
	}
	dir := filepath.Dir(f.path)
	if mode, writable := private.Writable(dir); writable {
		f.say("others may write in the directory %s (%s)", dir, mode)
	}
}

// Notices returns, once each, plain sentences about what was repaired, backed
// up or found open to others since New, and were not yet returned.
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
