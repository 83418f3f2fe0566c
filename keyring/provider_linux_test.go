package keyring_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// installed skips a test, or with MOGPLEX_DEEP fails it, if a program is not installed.
func installed(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			deep.Missing(t, program+" is not installed")
		}
	}
}

// startProvider runs a provider without a display until stop is called or the test
// ends.
func startProvider(t *testing.T, stdin, program string, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen")
	cmd.Stdin = strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// dial connects to a session's bus until the test ends.
func dial(t *testing.T, s *keyringtest.Session) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
