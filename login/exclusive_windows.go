package login

import "syscall"

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE of winsock2.h.
const soExclusiveAddrUse = ^syscall.SO_REUSEADDR

// exclusive keeps other processes from binding the port a second time with
// SO_REUSEADDR and taking the callback, which Windows allows by default.
func exclusive(_, _ string, c syscall.RawConn) error {
	var set error
	err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, soExclusiveAddrUse, 1)
	})
	if err != nil {
		return err
	}
	return set
}
