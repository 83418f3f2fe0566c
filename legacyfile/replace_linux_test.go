package legacyfile

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
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
	f := New(filepath.Join(dir, "auth.json"), Options{})
	write(t, f, `{"groq":"g"}`)
	err := f.Set(context.Background(), "xai", []byte(key(strings.Repeat("x", 100<<10), "")))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	keptWithoutLeftovers(t, f)
	set(t, f, "xai", key("x", "")) // an entry that fits is saved

	// A reserved update is stored although the disk is full by then.
	must(t, os.Remove(f.path))
	write(t, f, `{"groq":"g"}`)
	large := key(strings.Repeat("x", 9<<10), "")
	release, err := f.Reserve(t.Context(), len(large))
	must(t, err)
	fill(t, dir)
	must(t, f.Set(t.Context(), "xai", []byte(large)))
	release()
	if get(t, f, "xai") != large {
		t.Error("the reserved update is lost")
	}
	if err := f.Set(t.Context(), "xai", []byte(large)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the disk was not full: %v", err)
	}
	if _, err := f.Reserve(t.Context(), len(large)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("reserved on a full disk: %v", err)
	}

	must(t, syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=64k"))
	before := content(t, f)
	err = f.Set(context.Background(), "groq", []byte(key("h", "")))
	if !errors.Is(err, syscall.EROFS) || content(t, f) != before {
		t.Errorf("read-only: got %v", err)
	}
}

// fill fills the file system of dir.
func fill(t *testing.T, dir string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "filler"))
	must(t, err)
	defer file.Close()
	for err == nil {
		_, err = file.Write(make([]byte, 4<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

func TestAReservationIsReleased(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	leftovers := func() int {
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".auth*"))
		return len(left)
	}
	release, err := f.Reserve(t.Context(), 1000)
	must(t, err)
	set(t, New(f.path, Options{}), "xai", key("x", "")) // another writer leaves it alone
	if leftovers() != 1 {
		t.Error("a reservation in use was removed")
	}
	release()
	if leftovers() != 0 {
		t.Error("release did not free the space")
	}
	must(t, runTraced(t, f, "reserve"))
	if leftovers() != 1 {
		t.Error("a killed process left no reservation to sweep")
	}
	set(t, f, "xai", key("y", ""))
	if leftovers() != 0 {
		t.Error("the killed process's reservation was not removed")
	}
}

// runTraced runs a role in another process, under strace if there are args for it.
// It returns the process's output as an error.
func runTraced(t *testing.T, f *File, role string, args ...string) error {
	t.Helper()
	cmd := command(t, role, f)
	if len(args) > 0 {
		strace, err := exec.LookPath("strace")
		if err != nil {
			deep.Missing(t, "strace is not installed")
		}
		cmd.Args = slices.Concat([]string{strace, "-f", "-qq", "-o", os.DevNull}, args, []string{cmd.Path})
		cmd.Path = strace
	}
	if out, _ := cmd.Output(); len(out) > 0 {
		return errors.New(string(out))
	}
	return nil
}

// The file was replaced, so the backup is the only copy of the corrupt content.
func TestTheBackupStaysIfTheDirectoryIsNotSynced(t *testing.T) {
	f := newFile(t, "{")
	must(t, os.Mkdir(filepath.Join(filepath.Dir(f.path), "locks"), 0o700))
	err := runTraced(t, f, "set groq", "-P", filepath.Dir(f.path), "-e", "inject=fsync:error=EIO")
	if err == nil || !strings.Contains(err.Error(), ErrUnsure.Error()) {
		t.Errorf("got %v", err)
	}
	backups := f.BackedUp()
	if len(backups) != 1 || get(t, f, "groq") == "" {
		t.Fatalf("backed up: %v", backups)
	}
	if data, err := os.ReadFile(backups[0]); string(data) != "{" {
		t.Errorf("backed up: %q, %v", data, err)
	}
}

func TestAFileSystemWithoutLocksIsWritten(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	must(t, runTraced(t, f, "set xai", "-e", "inject=flock:error=ENOLCK"))
	if get(t, f, "xai") == "" || get(t, f, "groq") == "" {
		t.Error("an entry is missing")
	}
}

// A file system may report success and store nothing.
func TestUpdateReadsBackWhatItWroteAndRemoved(t *testing.T) {
	const text = `{"groq":"g","xai":"x"}`
	f := newFile(t, text)
	for _, role := range []string{"set groq", "delete groq"} {
		err := runTraced(t, f, role, "-e", "inject=renameat,renameat2:retval=0")
		if err == nil || !strings.Contains(err.Error(), ErrChanged.Error()) || content(t, f) != text {
			t.Errorf("%s: got %v, left %s", role, err, content(t, f))
		}
	}
}

// A file of root's in another user's home would be closed to that user.
func TestRootLeavesNothingInAnotherUsersDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	for _, start := range []string{"", `{"groq":"g"}`} {
		f := newFile(t, start)
		dir := filepath.Dir(f.path)
		must(t, os.MkdirAll(dir, 0o700))
		must(t, os.Chown(dir, 12345, 12345))
		before := snapshot(t, f)
		if err := f.Set(t.Context(), "xai", []byte(key("x", ""))); !errors.Is(err, ErrNotOwner) {
			t.Errorf("got %v", err)
		}
		if after := snapshot(t, f); !maps.Equal(before, after) {
			t.Errorf("before %v\nafter %v", before, after)
		}
	}
}
