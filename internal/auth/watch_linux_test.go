package auth

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// The system has no inotify instance left, for this user or in this container:
// the poll serves. The process that watches is in a user namespace that allows
// none.
func TestWatchWithoutInotify(t *testing.T) {
	self, err := os.Executable()
	must(t, err)
	dir := t.TempDir()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "AUTH_TEST_ROLE=watch", "AUTH_TEST_DIR="+dir)
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: ids}
	out, err := cmd.StdoutPipe()
	must(t, err)
	if err := cmd.Start(); err != nil {
		t.Skipf("there are no user namespaces here: %v", err)
	}
	line := make([]byte, len("watching\n"))
	if _, err := io.ReadFull(out, line); err != nil || string(line) != "watching\n" {
		rest, _ := io.ReadAll(out)
		_ = cmd.Wait()
		if string(line[:4]) == "skip" {
			t.Skipf("inotify can't be forbidden here: %s", rest)
		}
		t.Fatalf("it said %q%q: %v", line, rest, err)
	}
	another(t, "store", dir)
	rest, err := io.ReadAll(out)
	must(t, err)
	if string(rest) != "told\n" {
		t.Errorf("it said %q", rest)
	}
	must(t, cmd.Wait())
}
