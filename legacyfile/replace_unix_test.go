//go:build unix

package legacyfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLeftoversOfKilledWritersAreSwept(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	dir := filepath.Dir(f.path)
	ours := filepath.Join(dir, ".auth.json.tmp-LEFT")
	other := filepath.Join(dir, ".other.json.tmp-LEFT")
	folder := filepath.Join(dir, ".auth.json.tmp-DIR")
	must(t, os.WriteFile(other, []byte("another's"), 0o600))
	must(t, os.Mkdir(folder, 0o700))
	for name, sweep := range map[string]func() error{
		"set":    func() error { return f.Set(context.Background(), "xai", []byte(key("x", ""))) },
		"delete": func() error { _, err := f.Delete(context.Background(), "nobody"); return err },
	} {
		must(t, os.WriteFile(ours, []byte("secret"), 0o600))
		must(t, sweep())
		for path, want := range map[string]bool{ours: false, other: true, folder: true} {
			if _, err := os.Stat(path); (err == nil) != want {
				t.Errorf("%s: %s: %v", name, path, err)
			}
		}
	}
}

func TestReadOnlyDirectoryKeepsTheOldFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes to read-only directories; TestFullDiskKeepsTheOldFile covers it")
	}
	f := newFile(t, `{"groq":"g"}`)
	dir := filepath.Dir(f.path)
	must(t, os.Chmod(dir, 0o500))
	defer os.Chmod(dir, 0o700)
	err := f.Set(context.Background(), "xai", []byte(key("x", "")))
	if !errors.Is(err, os.ErrPermission) || content(t, f) != `{"groq":"g"}` {
		t.Errorf("got %v", err)
	}
	if removed, err := f.Delete(context.Background(), "groq"); removed || !errors.Is(err, os.ErrPermission) {
		t.Errorf("delete: %v, %v", removed, err)
	}
	if removed, err := f.Delete(context.Background(), "xai"); removed || err != nil {
		t.Errorf("nothing to delete needs no write, got %v", err)
	}
}

func TestCopyNewCopiesABackup(t *testing.T) {
	f := newFile(t, "{broken")
	backup := f.path + ".backup"
	must(t, copyNew(f.path, backup))
	data, err := os.ReadFile(backup)
	must(t, err)
	if string(data) != "{broken" || modeOf(t, backup) != 0o600 {
		t.Errorf("copied %q", data)
	}
	if err := copyNew(f.path, backup); !errors.Is(err, os.ErrExist) {
		t.Errorf("an existing file was overwritten: %v", err)
	}
}

// A write that the file size limit cuts off fails as on a full disk, and the test
// needs no root.
func TestWriteCutOffHalfWayKeepsTheOldFile(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	out := runChild(t, "limited", f)
	if !strings.Contains(out, "file too large") {
		t.Errorf("the child printed %q", out)
	}
	keptWithoutLeftovers(t, f)
}

func keptWithoutLeftovers(t *testing.T, f *File) {
	t.Helper()
	if content(t, f) != `{"groq":"g"}` {
		t.Error("the old file changed")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".auth*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
