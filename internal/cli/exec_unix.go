//go:build unix

package cli

import (
	"errors"
	"fmt"
	"syscall"
)

// startChild replaces this process by the program at path, so that the terminal, the
// signals and the exit code are the program's own. It returns only on failure.
func startChild(path string, command, env []string) (exit int, err error) {
	switch err = syscall.Exec(path, command, env); {
	case errors.Is(err, syscall.ENOEXEC):
		err = fmt.Errorf("%w; a script begins with a line such as #!/bin/sh", err)
	case errors.Is(err, syscall.ENOENT):
		err = fmt.Errorf("%w: its interpreter is missing", err)
	}
	return 0, err
}
