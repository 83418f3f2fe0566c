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

// File is one auth.json. Its methods are safe for concurrent use by goroutines and
// by processes: readers take no lock, and writers exclude each other even if they
// reach the file by different links.
type File struct {
	path string
	opt  Options
	now  func() time.Time

	mu       sync.Mutex
	notices  []string // all so far
	returned int      // how many of them Notices returned
	reserved *private.Reservation
}

// Options of [New]. The zero value is for a file without Codex and in a directory that
// it shares with other programs.
type Options struct {
	// Codex is the path of Codex's own auth.json, "" for none. If this file lacks an
	// entry, Get and List use Codex's API key and the entries that an older version of
	// this program stored there. They are foreign, and Codex's file is never written.
	Codex string
	// Dir is this program's own directory, "" for none. Reading removes others' rights
	// to it, and adds a notice.
	Dir string
	// ReadOnly makes reading change nothing: it leaves others' rights to the file and its
	// directory, and adds no notices of them.
	ReadOnly bool
}

// New names the file at path. It does no I/O. The first write creates missing
// directories with mode 0700.
func New(path string, opt Options) *File { return &File{path: path, opt: opt, now: time.Now} }

// Path returns the path given to New. It resolves no symbolic link.
func (f *File) Path() string { return f.path }

// LockDir returns the directory for locks on the file's entries, which may not exist.
// It is beside the target of symbolic links, so that all paths to one file share it.
// The lock of the file itself, auth.json.lock, is there too.
func (f *File) LockDir() (string, error) {
	path, err := f.lockPath()
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", f.path, err)
	}
	return filepath.Dir(path), nil
}

func (f *File) lockPath() (string, error) {
	target, _, err := private.Resolve(f.path)
	return filepath.Join(filepath.Dir(target), "locks", filepath.Base(target)+".lock"), err
}

// Get returns the version 1 entry under name as compact JSON, whatever its shape on
// disk. The caller owns the result. found is false, without an error, if the file or
// the entry is missing or the entry's secret is blank. It returns the bytes of a
// corrupt entry with ErrCorrupt; after any other error the entry is unknown.
func (f *File) Get(ctx context.Context, name string) (entry []byte, found bool, err error) {
	entry, _, err = f.find(ctx, name)
	return entry, entry != nil, err
}

// Foreign reports whether the entry that Get returns under name is Codex's. Such an
// entry can't be changed or removed.
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
		return entry, foreign, corrupt(f.path, doc.text, err)
	}
	if doc, err = f.loadCodex(ctx); err != nil {
		return nil, true, err
	}
	entry, _, err = doc.find(name)
	return entry, entry != nil, corrupt(f.opt.Codex, doc.text, err)
}

// List returns the names that Get finds, sorted, including those of corrupt
// entries. It skips a Codex file that can't be read, and adds a notice.
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
		f.notice("Codex's file was skipped: %v", err)
		return names, nil
	}
	names = append(names, doc.names()...)
	slices.Sort(names)
	return slices.Compact(names), nil
}

// load returns the document on disk, an empty one if there is no file, and the
// target of symbolic links. With ErrCorrupt the target is valid.
func (f *File) load(ctx context.Context) (target string, doc *document, err error) {
	if err := ctx.Err(); err != nil {
		return "", nil, fmt.Errorf("read %s: %w", f.path, err)
	}
	checkMode := f.checkMode
	if f.opt.ReadOnly {
		checkMode = nil
	} else {
		f.checkDirs()
	}
	target, info, err := private.Resolve(f.path)
	var data []byte
	if err == nil && info != nil {
		data, err = private.Read(target, maxSize, checkMode)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("read %s: %w", f.path, private.Cause(err))
	}
	doc, err = parseDocument(data)
	return target, doc, corrupt(f.path, textOf(data), err)
}

// loadCodex returns Codex's document, an empty one if there is no file. It repairs
// no modes, because the file is not ours.
func (f *File) loadCodex(ctx context.Context) (*document, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", f.opt.Codex, err)
	}
	data, err := private.ReadTrusted(f.opt.Codex, maxSize)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", f.opt.Codex, private.Cause(err))
	}
	doc, err := parseDocument(data)
	return doc, corrupt(f.opt.Codex, textOf(data), err)
}

// corrupt converts a *fault in text to a *CorruptError.
func corrupt(path string, text []byte, err error) error {
	at, ok := err.(*fault)
	if !ok {
		return err
	}
	line, column := position(text, at.offset)
	return &CorruptError{Path: path, Line: line, Column: column, Reason: at.reason}
}

// checkMode removes others' rights to a file, and adds a notice.
func (f *File) checkMode(file *os.File, info fs.FileInfo) {
	was, err := private.CloseFile(file, info)
	if err != nil {
		f.notice("%s is open to others (%s), and its permissions can't be changed: %v", f.path, was, private.Cause(err))
	} else if was != "" {
		f.notice("%s was open to others (%s); only you can read and write it now", f.path, was)
	}
}

// checkDirs removes others' rights to our directory, and adds a notice if others may
// write to the file's directory.
func (f *File) checkDirs() {
	if f.opt.Dir != "" {
		was, err := private.CloseDir(f.opt.Dir)
		if err != nil {
			f.notice("the directory %s is open to others (%s), and its permissions can't be changed: %v", f.opt.Dir, was, private.Cause(err))
		} else if was != "" {
			f.notice("the directory %s was open to others (%s); only you can use it now", f.opt.Dir, was)
		}
	}
	dir := filepath.Dir(f.path)
	if mode, writable := private.Writable(dir); writable {
		f.notice("others may write to the directory %s (%s)", dir, mode)
	}
}

// Notices returns sentences for people about repairs, backups and files open to others
// since the last call. It returns each sentence once.
func (f *File) Notices() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := slices.Clone(f.notices[f.returned:])
	f.returned = len(f.notices)
	return fresh
}

func (f *File) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.notices, text) {
		f.notices = append(f.notices, text)
	}
}
