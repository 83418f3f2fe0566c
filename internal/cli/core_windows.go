package cli

import "syscall"

// diskFull are the errors of a disk that is full: ERROR_HANDLE_DISK_FULL and
// ERROR_DISK_FULL.
var diskFull = []error{syscall.Errno(39), syscall.Errno(112)}

// noCoreDumps has nothing to do: Windows writes no core files by itself.
func noCoreDumps() {}
