package legacyfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/private"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("LEGACYFILE_TEST_ROLE"); role != "" {
		os.Exit(child(role))
	}
	goleak.VerifyTestMain(m)
}

// newFile returns a File with the given content on disk, none if content is empty.
func newFile(t testing.TB, content string) *File {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	f := New(filepath.Join(dir, "auth.json"), Options{Dir: dir})
	if content != "" {
		write(t, f, content)
	}
	return f
}

func write(t testing.TB, f *File, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(f.path), 0o700))
	if err := os.Remove(f.path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	must(t, private.Create(f.path, []byte(content)))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, f *File) string {
	t.Helper()
	data, err := os.ReadFile(f.path)
	must(t, err)
	return string(data)
}

func get(t testing.TB, f *File, name string) string {
	t.Helper()
	entry, found, err := f.Get(context.Background(), name)
	must(t, err)
	if !found && entry != nil {
		t.Fatal("an entry with found == false")
	}
	return string(entry)
}

func set(t testing.TB, f *File, name, entry string) {
	t.Helper()
	must(t, f.Set(context.Background(), name, []byte(entry)))
}

func list(t testing.TB, f *File) string {
	t.Helper()
	names, err := f.List(context.Background())
	must(t, err)
	return strings.Join(names, " ")
}

func key(secret, savedAt string) string {
	if savedAt == "" {
		return fmt.Sprintf(`{"type":"api_key","key":%q}`, secret)
	}
	return fmt.Sprintf(`{"type":"api_key","key":%q,"saved_at":%q}`, secret, savedAt)
}

// snapshot describes every file under the file's directory: name, mode, time, size
// and content.
func snapshot(t testing.TB, f *File) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.Walk(filepath.Dir(f.path), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		all[path] = fmt.Sprint(info.Mode(), info.ModTime(), info.Size())
		if info.Mode().IsRegular() {
			all[path] += content(t, New(path, Options{}))
		}
		return nil
	}))
	return all
}

const (
	early = "2026-11-23T10:00:00Z"
	late  = "2026-11-23T11:00:00Z"
)
