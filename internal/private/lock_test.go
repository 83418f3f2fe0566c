package private

import (
	"bufio"
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// holder starts another process that holds a lock until kill. It returns the
// lock's ID.
func holder(t *testing.T, role, path string, wrap ...string) (id string, kill func()) {
	t.Helper()
	cmd := command(t, role, path)
	if len(wrap) > 0 {
		cmd.Args = append(wrap, cmd.Path)
		cmd.Path = wrap[0]
	}
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var once sync.Once
	kill = func() {
		once.Do(func() {
			if len(wrap) == 0 {
				_ = cmd.Process.Kill()
			}
			_ = stdin.Close()
			_ = cmd.Wait()
		})
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "held ") {
		t.Fatalf("the other process got no lock: %s", lines.Text())
	}
	return strings.TrimPrefix(lines.Text(), "held "), kill
}

func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestAcquireWaitsForABusyLock(t *testing.T) {
	path := stateFile(t)
	id, kill := holder(t, "lock", path)
	if _, err := Acquire(short(t), path, LockOptions{}); !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	if _, err := Acquire(ctx, path, LockOptions{}); !errors.Is(err, context.Canceled) || errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	tries := 0
	until := func(context.Context) bool { tries++; return tries == 3 }
	if _, err := Acquire(t.Context(), path, LockOptions{Until: until}); !errors.Is(err, ErrUnneeded) || tries != 3 {
		t.Errorf("after %d tries: %v", tries, err)
	}
	kill()
	lock, err := Acquire(t.Context(), path, LockOptions{}) // the killed process's lock is free
	must(t, err)
	if lock.ID() != id || id == "" {
		t.Errorf("the same lock has the ID %q, had %q", lock.ID(), id)
	}
	lock.Unlock()
	lock.Unlock()
}

func TestLockIDsDiffer(t *testing.T) {
	dir := t.TempDir()
	a, err := Acquire(t.Context(), filepath.Join(dir, "a"), LockOptions{})
	must(t, err)
	defer a.Unlock()
	b, err := Acquire(t.Context(), filepath.Join(dir, "b"), LockOptions{})
	must(t, err)
	defer b.Unlock()
	if a.ID() == b.ID() || a.ID() == "" {
		t.Errorf("%q and %q", a.ID(), b.ID())
	}
}

func TestGoroutinesExcludeEachOther(t *testing.T) {
	path := stateFile(t)
	var inside atomic.Int32
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			lock, err := Acquire(t.Context(), path, LockOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			defer lock.Unlock()
			if inside.Add(1) != 1 {
				t.Error("two at once")
			}
			runtime.Gosched()
			inside.Add(-1)
		})
	}
	all.Wait()
}
