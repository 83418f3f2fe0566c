package auth

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// watchPoll is the interval between polls of the files. A keychain and a network file
// system report no changes.
const watchPoll = 400 * time.Millisecond

// stampOf returns the file in the home's lock directory whose time announce sets.
func stampOf(key Key) string { return filepath.Join(key.Home(), "locks", "changed") }

// announce notifies every Watch of the key's directory and profile, in all processes,
// that a store changed. The Manager calls it after its own writes. It ignores
// failures, because the caller's write has succeeded.
func (m *Manager) announce(key Key) {
	stamp := stampOf(key)
	now := time.Now() // more precise than the file system's own clock
	if os.Chtimes(stamp, now, now) == nil {
		return
	}
	_ = private.Create(stamp, nil)
	_ = os.Chtimes(stamp, now, now)
}

// announced reports whether a change was announced since this process began.
func (m *Manager) announced(key Key) bool {
	info, err := os.Stat(stampOf(key))
	return err == nil && info.ModTime().After(began)
}

// began is when this process began, by the clock that announce sets.
var began = time.Now()

// Watch returns a channel that receives within a second after this or another process
// stored, renewed or removed a credential, or after someone edited a layer's file. It
// merges changes in quick succession, and buffers one. The receiver resolves again to
// see the change. The watch ends with ctx and does not close the channel.
func (m *Manager) Watch(ctx context.Context) <-chan struct{} {
	w := watch{paths: []string{stampOf(m.Key(Mogplex))}, changed: make(chan struct{}, 1)}
	for _, l := range m.Layers {
		if l.Path != "" {
			w.paths = append(w.paths, l.Path)
		}
	}
	w.look()
	go w.run(ctx)
	return w.changed
}

// watch compares files with their last known state.
type watch struct {
	paths   []string
	seen    []fs.FileInfo // of the paths; nil for a missing file
	changed chan struct{}
}

func (w *watch) run(ctx context.Context) {
	poll := time.NewTicker(watchPoll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
		if w.look() {
			select {
			case w.changed <- struct{}{}:
			default: // the previous change is still buffered
			}
		}
	}
}

// look reports whether a file changed since the last look.
func (w *watch) look() (changed bool) {
	now := make([]fs.FileInfo, len(w.paths))
	for i, path := range w.paths {
		now[i], _ = os.Stat(path)
	}
	changed = !slices.EqualFunc(now, w.seen, sameFile)
	w.seen = now
	return changed
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
