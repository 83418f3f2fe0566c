//go:build unix

package legacyfile

import (
	"os/signal"
	"syscall"
)

// limitFileSize makes every write beyond size fail.
func limitFileSize(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size})
}
