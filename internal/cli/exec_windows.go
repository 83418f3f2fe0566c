package cli

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
)

// startChild runs the program at path and returns its exit code. Windows sends Ctrl-C to
// every process of the console; this one ignores it and waits for the program.
func startChild(path string, command, env []string) (exit int, err error) {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	child := exec.Command(path)
	child.Args, child.Env = command, env
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = child.Run()
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
		return ended.ExitCode(), nil
	}
	return 0, err
}
