package cli

import "syscall"

// diskFull are ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
var diskFull = []error{syscall.Errno(39), syscall.Errno(112)}

// noCoreDumps does nothing: Windows writes no core files by itself.
func noCoreDumps() {}
