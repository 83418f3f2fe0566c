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

// watchPoll is how often the files are polled: neither a keychain nor a network file
// system announces changes.
const watchPoll = 400 * time.Millisecond

// stampName is the file in the home's lock directory whose time is set after each
// change of a store.
const stampName = "changed"

func stampOf(key Key) string { return filepath.Join(key.Home(), "locks", stampName) }

// Announce notifies every Watch of the key's directory and profile, in all
// processes, that a store changed. The Manager's own writes call it. It ignores
// failures: the caller's write is done.
func (m *Manager) Announce(key Key) {
	stamp := stampOf(key)
	now := time.Now() // finer than the file system's own clock
	if os.Chtimes(stamp, now, now) == nil {
		return
	}
	_ = private.Create(stamp, nil)
	_ = os.Chtimes(stamp, now, now)
}

// announced reports that a change was announced since the process began.
func (m *Manager) announced(key Key) bool {
	info, err := os.Stat(stampOf(key))
	return err == nil && info.ModTime().After(began)
}

// began is when this process began, by the clock that Announce sets.
var began = time.Now()

// Watch returns a channel that receives within a second after this or another
// process stored, renewed or removed a credential, or after someone edited a
// layer's file. It merges changes that come together, and holds one while nobody
// receives. The receiver resolves again to see what changed. The watch ends with
// ctx and does not close the channel.
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

// watch compares what a few files are with what they were.
type watch struct {
	paths   []string
	seen    []fs.FileInfo // of the paths; nil if there was none
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
			default: // the change before is not received yet
			}
		}
	}
}

// look reports whether a path is not what it was when last looked at.
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
