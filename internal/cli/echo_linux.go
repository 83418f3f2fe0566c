package cli

import "golang.org/x/sys/unix"

// The ioctl requests of [quiet].
const (
	getTermios         = unix.TCGETS
	setTermios         = unix.TCSETS
	setTermiosAndFlush = unix.TCSETSF
)
