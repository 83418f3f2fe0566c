//go:build unix

package private

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestRootLeavesNothingInAnotherUsersDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	opt := LockOptions{Fallback: program(t)}
	home := t.TempDir()
	must(t, os.Chown(home, 12345, 12345))
	for _, err := range []error{
		Replace(filepath.Join(home, "file"), nil),
		Replace(filepath.Join(home, "state", "file"), nil),
		MakeDir(filepath.Join(home, "a", "b")),
	} {
		if !errors.Is(err, ErrNotOwner) {
			t.Errorf("got %v", err)
		}
	}
	for _, path := range []string{"lock", "locks/lock"} {
		path = filepath.Join(home, path)
		if _, err := Acquire(t.Context(), path, LockOptions{}); !errors.Is(err, ErrNoLock) || !errors.Is(err, ErrNotOwner) {
			t.Errorf("got %v", err)
		}
		lock, err := Acquire(t.Context(), path, opt)
		must(t, err)
		if _, err := Acquire(short(t), path, opt); !errors.Is(err, ErrBusy) {
			t.Errorf("the fallback excludes nobody: %v", err)
		}
		lock.Unlock()
	}
	if left := names(t, home); len(left) != 0 {
		t.Errorf("left %q", left)
	}
}

func TestAPlantedLockBlocksNobody(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"link":      func(path string) error { return os.Symlink("/dev/zero", path) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		path := filepath.Join(t.TempDir(), "lock")
		must(t, plant(path))
		if _, err := Acquire(t.Context(), path, LockOptions{}); !errors.Is(err, ErrNoLock) {
			t.Errorf("%s: %v", name, err)
		}
		lock, err := Acquire(t.Context(), path, LockOptions{Fallback: program(t)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lock.Unlock()
	}
}

func TestFallbackDirectoriesBelongToThisUser(t *testing.T) {
	runtime, temporary := t.TempDir(), t.TempDir()
	uid := strconv.Itoa(os.Geteuid())
	own, shared := filepath.Join(runtime, uid), filepath.Join(temporary, "mogplex-"+uid)
	if got := fallbackIn(runtime, temporary, "mogplex"); !slices.Equal(got, []string{shared}) || modeOf(t, shared).Perm() != 0o700 {
		t.Errorf("got %q", got)
	}
	must(t, os.Mkdir(own, 0o700))
	if got := fallbackIn(runtime, temporary, "mogplex"); !slices.Equal(got, []string{filepath.Join(own, "mogplex"), shared}) {
		t.Errorf("got %q", got)
	}
	must(t, os.Remove(shared))
	must(t, os.Symlink(t.TempDir(), shared))
	if got := fallbackIn("", temporary, "mogplex"); len(got) != 0 {
		t.Errorf("a link was followed: %q", got)
	}
	must(t, os.Remove(shared))
	must(t, os.Mkdir(shared, 0o777))
	must(t, os.Chmod(shared, 0o777))
	if got := fallbackIn("", temporary, "mogplex"); len(got) != 1 || modeOf(t, shared).Perm() != 0o700 {
		t.Errorf("got %q, mode %v", got, modeOf(t, shared))
	}
	if os.Geteuid() != 0 {
		return
	}
	for _, dir := range []string{own, shared} {
		must(t, os.Chown(dir, 12345, 12345))
	}
	if got := fallbackIn(runtime, temporary, "mogplex"); len(got) != 0 {
		t.Errorf("another user's: %q", got)
	}
}

func TestLinksToOnePathShareItsFallback(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "real"), 0o700))
	must(t, os.Symlink("real", filepath.Join(dir, "link")))
	a, b := RealPath(filepath.Join(dir, "real", "locks", "x")), RealPath(filepath.Join(dir, "link", "locks", "x"))
	if a != b || !strings.HasSuffix(a, "/real/locks/x") {
		t.Errorf("%s and %s", a, b)
	}
}

func TestALockWhoseFileWasRemovedIsTakenAgain(t *testing.T) {
	path := stateFile(t)
	first, err := Acquire(t.Context(), path, LockOptions{})
	must(t, err)
	defer first.Unlock()
	must(t, os.Remove(path))
	second, err := Acquire(t.Context(), path, LockOptions{})
	must(t, err)
	defer second.Unlock()
	if second.ID() == first.ID() {
		t.Error("a new lock has the ID of the old one")
	}
	if _, err := Acquire(short(t), path, LockOptions{}); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
}

// program returns a name whose fallback locks no other test uses.
func program(t *testing.T) string {
	name := "private-test-" + rand.Text()
	t.Cleanup(func() {
		for _, dir := range fallbackDirs(name) {
			_ = os.RemoveAll(dir)
		}
	})
	return name
}

// Somebody may remove a lock file after use. A process that opened it before and
// one that creates it again must still exclude each other.
func TestRemovingLockFilesKeepsTheLockExclusive(t *testing.T) {
	path := stateFile(t)
	must(t, MakeDir(filepath.Dir(path)))
	var inside atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 3000 {
				file, err := tryOnce(path)
				if file == nil || err != nil {
					continue // busy, or replaced too often
				}
				if inside.Add(1) != 1 {
					t.Error("two at once")
				}
				runtime.Gosched()
				inside.Add(-1)
				_ = os.Remove(path)
				file.Close()
			}
		})
	}
	all.Wait()
}
