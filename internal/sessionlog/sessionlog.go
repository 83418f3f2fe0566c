// Package sessionlog writes what happens in one session of the app to one file,
// as JSON lines.
//
// The log is an allowlist. [Open] names the file and removes old ones.
// [Log.Event] writes a line: an event and fields, which are constants of the
// program's source, numbers, and names that the program or the service has
// listed ([Listed]). [Log.Panic] writes the type and the frames of a panic. No
// field takes any other text, so what a person types and what a store holds
// can't be written. A name that looks like a key all the same is "[redacted]".
//
// A log that can't be written loses lines and fails nothing else.
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

// Options are the limits of a [Log]. The zero value of each is the default
// named there.
type Options struct {
	Prefixes []string         // beginnings that only keys have, such as "mog_"
	Keep     int              // files kept, this one included: 50
	MaxAge   time.Duration    // since a file was written last: 30 days
	MaxSize  int64            // bytes of this file: 16 MiB
	Now      func() time.Time // time.Now
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

// Log is the log of one session. Its methods may be called at the same time.
type Log struct {
	file  *file
	lines slog.Handler // writes to file
}

// Open names a new session and removes files of old ones from dir. It creates
// nothing: the directory and the file come with the first line. The error says
// that old files could not be removed; the log works all the same and is never
// nil.
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

// Path is the file, which may not be there yet. Its name is the session's: names
// sort by the time of [Open], and can't be guessed.
func (l *Log) Path() string { return filepath.Join(l.file.dir, l.file.name) }

// Event writes a line.
func (l *Log) Event(event Const, fields ...Field) { l.write(slog.LevelInfo, event, fields...) }

// Panic writes the type of a value that recover returned, and the frames that
// runtime.Callers returned: functions, files and lines. The value itself and the
// arguments of the functions are not written.
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

// Close ends the file. What is logged afterwards is lost.
func (l *Log) Close() error { return l.file.close() }

const (
	suffix   = ".jsonl"
	idTime   = "20060102T150405.000Z"
	idRandom = 16 // base32 characters: 80 bits
)

func newName(now time.Time) string {
	return now.UTC().Format(idTime) + "-" + strings.ToLower(rand.Text()[:idRandom]) + suffix
}

// isOurs reports that a name has the form that newName gives.
func isOurs(name string) bool {
	id, ok := strings.CutSuffix(name, suffix)
	begin, random, _ := strings.Cut(id, "-")
	_, err := time.Parse(idTime, begin)
	return ok && err == nil && len(random) == idRandom && strings.Trim(random, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
