package private

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("PRIVATE_TEST_ROLE"); role != "" {
		if err := child(role, os.Getenv("PRIVATE_TEST_PATH")); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// child is the main function of this test binary as another process.
func child(role, path string) error {
	runtime.LockOSThread() // strace's when= counts calls per thread
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	name, isLock := strings.CutPrefix(role, "lock")
	switch role {
	case "replace":
		return Replace(path, []byte("new"))
	case "create":
		return Create(path, []byte("new"))
	case "remove":
		return Remove(path)
	case "make":
		return MakeDir(path)
	case "read":
		data, err := Read(path, 100, nil)
		fmt.Print(string(data))
		return err
	}
	if !isLock {
		return nil
	}
	lock, err := Acquire(ctx, path, LockOptions{Fallback: strings.TrimSpace(name)})
	if err != nil {
		return err
	}
	defer lock.Unlock()
	fmt.Printf("held %s\n", lock.ID())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func command(t testing.TB, role, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "PRIVATE_TEST_ROLE="+role, "PRIVATE_TEST_PATH="+path)
	return cmd
}

// stateFile returns a path in a directory that does not exist yet.
func stateFile(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "state", "file")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return string(data)
}

func names(t testing.TB, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}
