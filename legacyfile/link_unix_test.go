//go:build unix

package legacyfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSetFollowsAndKeepsASymbolicLink(t *testing.T) {
	for _, start := range []string{`{"groq":"g"}`, ""} {
		f := newFile(t, "")
		state, vault := filepath.Dir(f.path), filepath.Join(filepath.Dir(f.path), "..", "vault")
		must(t, os.MkdirAll(state, 0o700))
		must(t, os.MkdirAll(vault, 0o700))
		must(t, os.Symlink("../vault/hop", f.path))
		must(t, os.Symlink("real.json", filepath.Join(vault, "hop")))
		target := filepath.Join(vault, "real.json")
		if start != "" {
			must(t, os.WriteFile(target, []byte(start), 0o600))
		}
		set(t, f, "xai", key("x", ""))
		info, err := os.Lstat(f.path)
		must(t, err)
		data, err := os.ReadFile(target)
		must(t, err)
		if info.Mode().Type() != os.ModeSymlink || !strings.Contains(string(data), `"x"`) || get(t, f, "xai") == "" {
			t.Errorf("link %v, target %s", info.Mode(), data)
		}
		if start != "" && get(t, f, "groq") == "" {
			t.Error("the other entry is lost")
		}
		if modeOf(t, target) != 0o600 {
			t.Errorf("mode %o", modeOf(t, target))
		}
	}
}

func TestDeletingTheLastEntryKeepsTheLink(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	target := f.path + ".real"
	must(t, os.Rename(f.path, target))
	must(t, os.Symlink(target, f.path))
	removed, err := f.Delete(context.Background(), "groq")
	if !removed || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
	if _, err := os.Lstat(f.path); err != nil {
		t.Error("the link is gone")
	}
	if _, err := os.Stat(target); !errors.Is(err, os.ErrNotExist) {
		t.Error("the target is still there")
	}
}

func TestTwoStateDirectoriesWithOneFileShareItsLock(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "vault", "real.json")
	var files []*File
	for _, home := range []string{"a", "b"} {
		f := New(filepath.Join(dir, home, "auth.json"), Options{})
		must(t, os.Mkdir(filepath.Join(dir, home), 0o700))
		must(t, os.Symlink(target, f.path))
		files = append(files, f)
	}
	must(t, os.Mkdir(filepath.Dir(target), 0o700))
	a, errA := files[0].LockDir()
	b, errB := files[1].LockDir()
	if want := filepath.Join(dir, "vault", "locks"); a != want || b != want || errA != nil || errB != nil {
		t.Errorf("locks are in %s and %s, %v, %v", a, b, errA, errB)
	}
	must(t, files[0].Update(t.Context(), "groq", func([]byte) ([]byte, error) {
		short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		if err := files[1].Set(short, "groq", []byte(key("b", ""))); !errors.Is(err, ErrBusy) {
			t.Errorf("both write at once: %v", err)
		}
		return []byte(key("a", "")), nil
	}))
	set(t, files[1], "xai", key("x", ""))
	if get(t, files[0], "groq") != key("a", "") || get(t, files[0], "xai") != key("x", "") {
		t.Error("a successful save is lost")
	}
}
