//go:build unix

package cli

import "syscall"

// noCoreDumps keeps what this process holds out of core files. Programs it
// starts may raise the limit again. A system that refuses leaves it as it is.
func noCoreDumps() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}
