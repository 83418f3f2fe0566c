package keyringtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// process is a child that the kernel ends with this process.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed once the child has been waited for
}

// start runs cmd in a process group of its own, because Ctrl-C in the terminal is for this process, which closes the session.
// It keeps the thread that forked until the child ends, because the kernel sends the parent-death signal when that ends.
func start(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// end kills the child and waits for it. It does nothing for a nil process.
func (p *process) end() {
	if p != nil {
		p.cmd.Process.Kill()
		<-p.done
	}
}

// command prepares a daemon of the session that writes its output to a log file of its name.
func (s *Session) command(name string, args ...string) (cmd *exec.Cmd, log *os.File, err error) {
	log, err = os.OpenFile(s.log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	cmd = exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}, s.Env()...)
	// A file, not a buffer: activated programs would inherit a pipe, and Wait would wait for them.
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, log, nil
}

func (s *Session) log(name string) string { return filepath.Join(s.dir, name+".log") }

// blame adds to err what a daemon logged before it failed.
func (s *Session) blame(name string, err error) error {
	log, _ := os.ReadFile(s.log(name))
	return fmt.Errorf("%s: %w: its log: %s", name, err, strings.TrimSpace(string(log)))
}
