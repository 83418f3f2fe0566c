// Package sessionlog writes what happens in one session of the app to one file,
// as JSON lines, without the secrets.
//
// [Open] names the file and removes old ones, [Log.Logger] is what to log with,
// and [Log.AddSecret] tells a credential before it is used. Every line is
// searched as a whole, after it was formatted: for secrets that were told, in
// the usual encodings and two encodings deep, and for what has the shape of one.
// What is found is "[redacted]" in the file. Lines of a few milliseconds are
// searched and written together, warnings and errors at once. A log that can't be
// written loses lines and fails nothing else.
package sessionlog

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the limits of a [Log]. The zero value of each is the default
// named there.
type Options struct {
	Prefixes []string         // beginnings that only keys have, such as "mog_"; at least 4 bytes each
	Level    slog.Leveler     // the least that is written: slog.LevelInfo
	Keep     int              // files kept, this one included: 50
	MaxAge   time.Duration    // since a file was written last: 30 days
	MaxSize  int64            // bytes of this file: 16 MiB
	Now      func() time.Time // time.Now
}

func (o Options) withDefaults() Options {
	if o.Level == nil {
		o.Level = slog.LevelInfo
	}
	if o.Keep <= 0 {
		o.Keep = 50
	}
	if o.MaxAge <= 0 {
		o.MaxAge = 30 * 24 * time.Hour
	}
	if o.MaxSize <= 0 {
		o.MaxSize = 16 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Log is the log of one session. Its methods may be called at the same time.
type Log struct {
	id    string
	dir   string
	file  *file
	rules atomic.Pointer[rules]
	adds  sync.Mutex // one AddSecret at a time
	slog  *slog.Logger
	batch batch
}

// Open names a new session and removes files of old ones from dir. It creates
// nothing: the directory and the file come with the first line. The error says
// that old files could not be removed; the log works all the same and is never
// nil.
func Open(dir string, o Options) (*Log, error) {
	o = o.withDefaults()
	id := newID(o.Now())
	l := &Log{id: id, dir: dir, file: &file{dir: dir, name: id + suffix, limit: o.MaxSize, now: o.Now}}
	l.rules.Store(newRules(o.Prefixes))
	l.slog = slog.New(slog.NewJSONHandler(lines{l}, &slog.HandlerOptions{Level: o.Level}))
	if err := prune(dir, o); err != nil {
		return l, fmt.Errorf("remove old session logs: %w", err)
	}
	return l, nil
}

// ID names the session. IDs sort by the time of [Open], and can't be guessed.
func (l *Log) ID() string { return l.id }

// Path is the file, which may not be there yet.
func (l *Log) Path() string { return filepath.Join(l.dir, l.id+suffix) }

// Logger is what to log with. It is never nil and never fails.
func (l *Log) Logger() *slog.Logger { return l.slog }

// AddSecret makes the log know secrets. When it returns, no line that is written
// from then on has them, whatever logger it comes from. Of a secret that was cut,
// 12 bytes in a row are found (8 once a secret under 12 bytes was told), but for
// fewer than 16 that could be ordinary words. A secret takes a millisecond or so;
// tell many in one call. Texts under 8 bytes are taken out only where they stand as a
// word of their own, and under 4 bytes not at all: a log without every "1" and
// "true" of an environment would be no log.
func (l *Log) AddSecret(secrets ...string) {
	l.adds.Lock()
	defer l.adds.Unlock()
	if next := l.rules.Load().with(secrets); next != nil {
		l.rules.Store(next)
	}
}

// Recovered logs a panic and the stack it came from. Call it with what recover
// returned, in the deferred function; nil logs nothing.
func (l *Log) Recovered(value any) {
	if value == nil {
		return
	}
	l.slog.Error("panic", "value", value, "text", fmt.Sprintf("%+v", value), "stack", string(debug.Stack()))
}

// Close writes what waits, and ends the file. What is logged afterwards is lost.
func (l *Log) Close() error {
	l.flush()
	if err := l.file.close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close the session log: %w", err)
	}
	return nil
}

const (
	suffix   = ".jsonl"
	idTime   = "20060102T150405.000Z"
	idRandom = 16 // base32 characters: 80 bits
)

func newID(now time.Time) string {
	return now.UTC().Format(idTime) + "-" + strings.ToLower(rand.Text()[:idRandom])
}

// isOurs reports that a name has the form that newID gives.
func isOurs(name string) bool {
	id, ok := strings.CutSuffix(name, suffix)
	if !ok || len(id) != len(idTime)+1+idRandom || id[len(idTime)] != '-' {
		return false
	}
	if _, err := time.Parse(idTime, id[:len(idTime)]); err != nil {
		return false
	}
	return strings.Trim(id[len(idTime)+1:], "abcdefghijklmnopqrstuvwxyz234567") == ""
}
