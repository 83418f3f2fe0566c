//go:build unix

package cli

import "syscall"

// noCoreDumps keeps the secrets of this process out of core files. A soft limit of 0
// bytes only forbids the file. On Linux a limit of 1 byte, too small for any file, also
// keeps the kernel from piping the core to a crash reporter. Child processes may raise
// the limit again. A system that refuses the limit is ignored.
func noCoreDumps() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = min(1, limit.Max)
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}
