//go:build unix

package login

import (
	"os/exec"
	"syscall"
)

// detach puts cmd into a session of its own, out of reach of the terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
