package login

import (
	"os/exec"
	"syscall"
)

// detach keeps Ctrl-C on this console from reaching cmd.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
