// Package sessionlog writes the events of one session of the app to one file, as
// JSON lines.
//
// The log is an allowlist. [Open] names the file and removes old ones.
// [Log.Event] writes a line: an event and fields, which are constants of the
// program's source, numbers, and names that the program or the service has
// listed ([Listed]). [Log.Panic] writes the type and the frames of a panic. No
// field takes any other text, so the log never contains text that a person types, or
// a secret of a store. It writes "[redacted]" for a listed name that looks like a key.
//
// If the log can't be written, it drops lines, and nothing else fails.
package sessionlog

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Options are the limits of a [Log]. The zero value means the default.
type Options struct {
	Prefixes []string         // further prefixes of keys, such as "mog_"; default none
	Keep     int              // how many files to keep, including this one; default 50
	MaxAge   time.Duration    // how long to keep a file after its last line; default 30 days
	MaxSize  int64            // bytes of this file; default 16 MiB
	Now      func() time.Time // default time.Now
}

func (o Options) withDefaults() Options {
	o.Keep = cmp.Or(o.Keep, 50)
	o.MaxAge = cmp.Or(o.MaxAge, 30*24*time.Hour)
	o.MaxSize = cmp.Or(o.MaxSize, 16<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Log is the log of one session. Its methods may be called concurrently.
type Log struct {
	file  *file
	lines slog.Handler // writes to file
}

// Open returns the log of a new session, and removes the files of old sessions from
// dir. The first line creates the directory and the file. An error means that Open
// could not remove old files; it returns a usable Log even then.
func Open(dir string, o Options) (*Log, error) {
	o = o.withDefaults()
	l := &Log{file: &file{dir: dir, name: newName(o.Now()), limit: o.MaxSize, now: o.Now}}
	l.lines = slog.NewJSONHandler(l.file, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindString && looksLikeKey(a.Value.String(), o.Prefixes) {
			a.Value = slog.StringValue("[redacted]")
		}
		return a
	}})
	if err := prune(dir, o); err != nil {
		return l, fmt.Errorf("remove old session logs: %w", err)
	}
	return l, nil
}

// Path returns the path of the file, which the first line creates. The names sort by
// the time of [Open], and can't be guessed.
func (l *Log) Path() string { return filepath.Join(l.file.dir, l.file.name) }

// Event writes a line.
func (l *Log) Event(event Const, fields ...Field) { l.write(slog.LevelInfo, event, fields...) }

// Panic writes the type of a value from recover, and the functions, files and lines
// of frames from runtime.Callers. It writes neither the value nor the arguments of
// functions.
func (l *Log) Panic(value any, callers []uintptr) {
	var list []string
	for frames, more := runtime.CallersFrames(callers), len(callers) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		list = append(list, fmt.Sprintf("%s %s:%d", f.Function, path.Base(f.File), f.Line))
	}
	l.write(slog.LevelError, "panic", Field{slog.String("type", fmt.Sprintf("%T", value))}, Field{slog.Any("frames", list)})
}

func (l *Log) write(level slog.Level, event Const, fields ...Field) {
	line := slog.NewRecord(l.file.now(), level, string(event), 0)
	for _, f := range fields {
		line.AddAttrs(f.attr)
	}
	_ = l.lines.Handle(context.Background(), line) // the file never fails
}

// Close closes the file. The log drops later lines.
func (l *Log) Close() error { return l.file.close() }

const (
	suffix   = ".jsonl"
	idTime   = "20060102T150405.000Z"
	idRandom = 16 // base32 characters: 80 bits
)

func newName(now time.Time) string {
	return now.UTC().Format(idTime) + "-" + strings.ToLower(rand.Text()[:idRandom]) + suffix
}

// isOurs reports whether a name has the form of newName.
func isOurs(name string) bool {
	id, ok := strings.CutSuffix(name, suffix)
	begin, random, _ := strings.Cut(id, "-")
	_, err := time.Parse(idTime, begin)
	return ok && err == nil && len(random) == idRandom && strings.Trim(random, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
