package legacyfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFullDiskKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=0700"); err != nil {
		if os.Geteuid() != 0 {
			t.Skip("mounting a small tmpfs needs root")
		}
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	defer syscall.Unmount(dir, 0)
	f := New(filepath.Join(dir, "auth.json"), filepath.Join(t.TempDir(), "lock"))
	write(t, f, `{"groq":"g"}`)
	err := f.Set(context.Background(), "xai", []byte(key(strings.Repeat("x", 100<<10), "")))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	keptWithoutLeftovers(t, f)
	set(t, f, "xai", key("x", "")) // what fits is still saved

	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=64k"))
	before := content(t, f)
	err = f.Set(context.Background(), "groq", []byte(key("h", "")))
	if !errors.Is(err, syscall.EROFS) || content(t, f) != before {
		t.Errorf("read-only: got %v", err)
	}
}
