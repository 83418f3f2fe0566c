package sessionlog

import (
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

// file is the file of a session. Its first line creates it.
type file struct {
	dir, name string
	limit     int64
	now       func() time.Time

	mu   sync.Mutex
	f    *os.File
	size int64 // of the complete lines
	done bool  // closed, full, or could not be created
}

// Write writes a line, or drops it if it can't. It returns no error, because a full
// disk must not fail the logged operation.
func (f *file) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(line)
	if f.done || f.f == nil && !f.create() {
		return n, nil
	}
	if f.done = f.size+int64(n) > f.limit; f.done {
		const full = `{"time":%q,"level":"WARN","msg":"the log is full: nothing is logged from here on"}` + "\n"
		line = fmt.Appendf(nil, full, f.now().Format(time.RFC3339Nano))
	}
	if _, err := f.f.Write(line); err != nil {
		_ = f.f.Truncate(f.size) // half a line would spoil the next one
		return n, nil
	}
	f.size += int64(len(line))
	return n, nil
}

// create makes directory and file. It refuses a directory that is a symbolic link,
// which may point to where others read.
func (f *file) create() bool {
	f.done = true // try once
	if err := private.MakeDir(f.dir); err != nil {
		return false
	}
	root, err := private.OpenDir(f.dir)
	if err != nil {
		return false
	}
	defer root.Close()
	// Windows can't lock a file that is open for appending only.
	if f.f, err = root.OpenFile(f.name, os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		return false
	}
	private.Hold(f.f)
	f.done = false
	return true
}

func (f *file) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done = true; f.f == nil {
		return nil
	}
	open := f.f
	f.f = nil
	return open.Close()
}

// minAge is the age below which prune does not touch a file: its session may be
// about to lock it, which inUse would prevent.
const minAge = time.Minute

// prune removes the files of old or excess sessions. It removes only regular files
// with names of newName's form, and none whose session runs.
func prune(dir string, o Options) error {
	root, err := private.OpenDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".") // sorted by name, and so by time
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !e.Type().IsRegular() || !isOurs(e.Name()) })
	var errs []error
	for i, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // removed meanwhile
		}
		excess := len(entries)-i > o.Keep-1 // this session's file comes later
		age := o.Now().Sub(info.ModTime())
		if (excess || age > o.MaxAge) && age.Abs() > minAge && !inUse(filepath.Join(dir, e.Name())) {
			if err := root.Remove(e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// inUse reports whether a session has the file open. If it can't find out, it
// returns true.
func inUse(path string) bool {
	f, _, err := private.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	held, err := private.Held(f)
	return held || err != nil
}
