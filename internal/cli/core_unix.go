//go:build unix

package cli

import "syscall"

// diskFull are the errors of a disk, or of a user's part of it, that is full.
var diskFull = []error{syscall.ENOSPC, syscall.EDQUOT}

// noCoreDumps keeps what this process holds out of core files. A soft limit of
// 0 bytes forbids the file alone; on Linux one of 1 byte, too small for any
// file, also keeps the kernel from piping the core to a crash reporter, which a
// limit of 0 does not. Programs that are started from here may raise the limit
// again. A system that refuses leaves it as it is.
func noCoreDumps() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = min(1, limit.Max)
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}
