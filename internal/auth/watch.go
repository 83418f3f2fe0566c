package auth

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// watchPoll is how often the files are looked at where the system does not
	// tell of their changes: it has no watch left, the directory is not there
	// yet, or another machine writes to it.
	watchPoll = 400 * time.Millisecond
	// watchGap lets changes that come together be told once.
	watchGap = 50 * time.Millisecond
)

// stampName is the file in the lock directory whose time is set after each
// change of a store. A keychain itself tells nobody of changes.
const stampName = "changed"

// Announce tells every Watch of this state directory and profile, in all
// processes, that the stores changed. Save and Remove do so by themselves. It
// is of use to others and no failure of the caller's where it does not work.
func (m *Manager) Announce() {
	stamp := filepath.Join(m.LockDir, stampName)
	now := time.Now() // in full: the file system's own clock ticks in milliseconds
	if os.Chtimes(stamp, now, now) == nil {
		return
	}
	if file, err := os.OpenFile(stamp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
		_ = file.Close()
	}
	_ = os.Chtimes(stamp, now, now)
}

// Watch receives within a second after this or another process stored, renewed
// or removed a credential, and when someone changes a layer's file by hand.
// Changes that come together are told once; one that comes while nobody
// receives is kept. It tells that something changed, and no more: whoever
// receives resolves again, and whoever resolves first and watches then misses
// what comes in between. The watch ends with ctx, and does not close the
// channel.
//
// Changes on another machine with the same home are seen as soon as the file
// system here knows of them.
func (m *Manager) Watch(ctx context.Context) <-chan struct{} {
	w := watch{paths: []string{filepath.Join(m.LockDir, stampName)}, changed: make(chan struct{}, 1)}
	for _, l := range m.Layers {
		if l.Path != "" {
			w.paths = append(w.paths, l.Path)
		}
	}
	w.look()
	w.system, _ = fsnotify.NewWatcher() // without it the poll alone serves
	w.subscribe()
	go w.run(ctx)
	return w.changed
}

// watch compares what a few files are with what they were. The system's
// notifications only say when to look; a poll looks all the same.
type watch struct {
	paths   []string
	seen    []fs.FileInfo // of the paths; nil where there was none
	system  *fsnotify.Watcher
	changed chan struct{}
}

func (w *watch) run(ctx context.Context) {
	var events chan fsnotify.Event
	var errs chan error
	if w.system != nil {
		defer w.system.Close()
		events, errs = w.system.Events, w.system.Errors
	}
	poll := time.NewTicker(watchPoll)
	defer poll.Stop()
	var soon <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			if soon == nil && slices.Contains(w.paths, e.Name) {
				soon = time.After(watchGap)
			}
			continue
		case <-errs: // such as an overflow: the poll serves
			continue
		case <-soon:
			soon = nil
		case <-poll.C:
			w.subscribe()
		}
		if w.look() {
			select {
			case w.changed <- struct{}{}:
			default: // what was told before is not received yet
			}
		}
	}
}

// subscribe asks the system to tell of changes in the paths' directories: a
// file that is replaced is another file. It is asked again after a directory
// was removed, which ends its subscription.
func (w *watch) subscribe() {
	if w.system == nil {
		return
	}
	subscribed := w.system.WatchList()
	for _, path := range w.paths {
		if dir := filepath.Dir(path); !slices.Contains(subscribed, dir) {
			_ = w.system.Add(dir)
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
