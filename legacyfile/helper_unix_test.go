//go:build unix

package legacyfile

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// limitFileSize makes every write beyond size fail.
func limitFileSize(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size})
}

func openToOthers(t testing.TB, f *File) {
	t.Helper()
	must(t, os.Chmod(f.path, 0o644))
	must(t, os.Chmod(filepath.Dir(f.path), 0o777))
}
