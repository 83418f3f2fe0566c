package legacyfile

import (
	"bufio"
	"context"
	"errors"
	"testing"
	"time"
)

// holder starts another process that holds the lock until kill.
func holder(t *testing.T, f *File) (kill func()) {
	t.Helper()
	cmd := command(t, "hold", f)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = stdin.Close()
	}
	t.Cleanup(kill)
	if lines := bufio.NewScanner(out); !lines.Scan() || lines.Text() != "held" {
		t.Fatal("the other process got no lock")
	}
	return kill
}

func TestSetStopsWaitingForTheLock(t *testing.T) {
	f := newFile(t, `{"groq":"g"}`)
	kill := holder(t, f)

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	err := f.Set(ctx, "xai", []byte(key("x", "")))
	if !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	time.AfterFunc(30*time.Millisecond, cancel)
	if _, err := f.Delete(ctx, "groq"); !errors.Is(err, context.Canceled) || errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	if get(t, f, "groq") != key("g", "") || content(t, f) != `{"groq":"g"}` {
		t.Error("a write that gave up changed the file")
	}
	kill()
	set(t, f, "xai", key("x", "")) // the killed process's lock is free
}
