package sessionlog_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/sessionlog"
)

func open(t *testing.T, dir string, o sessionlog.Options) *sessionlog.Log {
	t.Helper()
	l, err := sessionlog.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestTheFirstLineCreatesTheFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "logs")
	l := open(t, dir, sessionlog.Options{})
	if _, err := os.Lstat(filepath.Dir(dir)); !os.IsNotExist(err) {
		t.Errorf("created before the first line: %v", err)
	}
	l.Event("first")
	for path, want := range map[string]fs.FileMode{dir: 0o700, l.Path(): 0o600} {
		info, err := os.Lstat(path)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if filepath.Dir(l.Path()) != dir {
		t.Error(l.Path())
	}
}

// TestPrune: only files that are too old or too many are removed.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	write := func(name string, age time.Duration) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
		return name
	}
	day := 24 * time.Hour
	name := func(age time.Duration) string {
		return now.Add(-age).Format("20060102T150405.000Z") + "-abcdefghijklmnop.jsonl"
	}
	var kept []string
	for _, age := range []time.Duration{29, 28, 27, 31, 40, 26, 25} {
		write(name(age*day), age*day)
	}
	kept = append(kept, name(25*day), name(26*day), name(27*day))
	for _, other := range []string{"notes.jsonl", "20260101T000000.000Z-short.jsonl", "20260101T000000.000Z-abcdefghijklmnop.jsonl.bak"} {
		kept = append(kept, write(other, 400*day))
	}
	if runtime.GOOS != "windows" {
		target := filepath.Join(t.TempDir(), "target")
		if err := os.WriteFile(target, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		link := name(500 * day)
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, link)
	}
	open(t, dir, sessionlog.Options{Keep: 4, Now: func() time.Time { return now }})
	slices.Sort(kept)
	if got := names(t, dir); !slices.Equal(got, kept) {
		t.Errorf("kept %q, want %q", got, kept)
	}
}

// TestRunningSessionsKeepTheirFiles, however many there are.
func TestRunningSessionsKeepTheirFiles(t *testing.T) {
	dir := t.TempDir()
	for range 5 {
		l := open(t, dir, sessionlog.Options{Keep: 1, Now: func() time.Time { return time.Now().Add(48 * time.Hour) }})
		l.Event("alive")
	}
	if got := names(t, dir); len(got) != 5 {
		t.Errorf("%q", got)
	}
}

// TestNewFilesAreKept: the session of a new file may not have locked it yet.
func TestNewFilesAreKept(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	path := filepath.Join(dir, now.UTC().Format("20060102T150405.000Z")+"-abcdefghijklmnop.jsonl")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{0, 2 * 24 * time.Hour} {
		open(t, dir, sessionlog.Options{Keep: 1, Now: func() time.Time { return now.Add(later) }})
		if got := len(names(t, dir)); runtime.GOOS != "windows" && (got == 1) != (later == 0) {
			t.Errorf("%d files after %s", got, later)
		}
	}
}

func TestADirectoryThatIsALinkIsRefused(t *testing.T) {
	target, dir := t.TempDir(), filepath.Join(t.TempDir(), "logs")
	if err := os.Symlink(target, dir); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	l, err := sessionlog.Open(dir, sessionlog.Options{})
	if err == nil {
		t.Error("opened")
	}
	l.Event("lost")
	if got := names(t, target); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// TestMaxSize: the last line of a full file says that it is full.
func TestMaxSize(t *testing.T) {
	l := open(t, t.TempDir(), sessionlog.Options{MaxSize: 2 << 10})
	for range 100 {
		l.Event("prompt sent", sessionlog.Count("bytes", 1))
	}
	text, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if last := lines[len(lines)-1]; len(text) > 3<<10 || !json.Valid(last) || !bytes.Contains(last, []byte("is full")) {
		t.Errorf("%d bytes, last %s", len(text), last)
	}
}

// TestFailuresAreSilent: the log drops lines if it can't be written, or is closed.
func TestFailuresAreSilent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l, _ := sessionlog.Open(filepath.Join(file, "logs"), sessionlog.Options{})
	l.Event("lost")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l = open(t, t.TempDir(), sessionlog.Options{})
	l.Event("kept")
	l.Close()
	l.Event("lost")
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// TestConcurrentLines: goroutines write whole lines.
func TestConcurrentLines(t *testing.T) {
	l := open(t, t.TempDir(), sessionlog.Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				l.Event("prompt sent", sessionlog.Count("goroutine", i))
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if broken := slices.ContainsFunc(lines, func(line []byte) bool { return !json.Valid(line) }); broken || len(lines) != 400 {
		t.Errorf("%d lines, broken %t", len(lines), broken)
	}
}
