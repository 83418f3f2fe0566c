//go:build unix

package outcome

import "syscall"

// diskFull are the errors of a full disk or of a used-up quota.
var diskFull = []error{syscall.ENOSPC, syscall.EDQUOT}
