package keyring

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// go-keyring can't end a call, and a `security` that it started still writes when somebody answers its dialog an hour
// later. So each call runs in a child: this program, started again in its own process group, which is killed as a whole
// at the deadline.
//
// Parent and child exchange JSON over pipes: the child sends a greeting, the parent one request, and the child an
// answer, before which it may report that it shows a prompt. No secret is in an argument or a variable.

func runChild() bool {
	serve(os.Stdin, os.Stdout)
	return true
}

// serve is the child's side of the exchange.
func serve(in io.Reader, out io.Writer) {
	answers := json.NewEncoder(out)
	if answers.Encode(answer{Greeting: childArgument}) != nil {
		return
	}
	var r request
	if json.NewDecoder(in).Decode(&r) != nil {
		return
	}
	go endWithParent(in)
	_ = answers.Encode(perform(r, func() { _ = answers.Encode(answer{Prompt: true}) }))
}

// endWithParent kills the group when the parent closes the pipe; the kernel closes it if the parent is killed.
func endWithParent(in io.Reader) {
	_, _ = io.Copy(io.Discard, in)
	if syscall.Getpgrp() == os.Getpid() {
		_ = syscall.Kill(0, syscall.SIGKILL)
	}
}

// errNoChild: no child got the request, so nothing was done.
var errNoChild = errors.New("this program could not be started as its own child")

// child is the parent's side of a running child.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
	kill    func() // kills the group; valid until end
}

// startChild starts this program as a child. The end of ctx kills its group.
func startChild(ctx context.Context) (c *child, end func(), err error) {
	path, err := os.Executable()
	if err != nil || !childReady.Load() {
		return nil, nil, errNoChild
	}
	cmd := exec.Command(path, childArgument)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, errNoChild
	}
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return nil, nil, errNoChild
	}
	kill := sync.OnceFunc(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	stop := context.AfterFunc(ctx, func() {
		kill()
		_ = out.(*os.File).SetReadDeadline(time.Now())
	})
	c = &child{cmd: cmd, in: in, answers: json.NewDecoder(out), kill: kill}
	return c, func() { stop(); c.end() }, nil
}

// end kills the rest of the group, such as the `security -i` that go-keyring leaves running after a value that is too
// large. It does so before Wait, after which the process ID can be another's.
func (c *child) end() {
	c.kill()
	_ = c.in.Close()
	_ = c.cmd.Wait()
}

// callInChild performs r in a child. onPrompt is called if r is attended and the child shows a prompt.
func callInChild(ctx context.Context, r request, onPrompt func()) (answer, error) {
	c, end, err := startChild(ctx)
	if err != nil {
		return answer{}, err
	}
	defer end()
	var a answer
	if err := c.answers.Decode(&a); err != nil || a.Greeting != childArgument {
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		return answer{}, errNoChild // an upgrade can have removed or replaced the program's file
	}
	err = json.NewEncoder(c.in).Encode(r)
	for a = (answer{Prompt: true}); err == nil && a.Prompt; {
		a = answer{}
		if err = c.answers.Decode(&a); err == nil && a.Prompt {
			onPrompt()
		}
	}
	switch {
	case err == nil:
		return a, nil
	case ctx.Err() != nil:
		return answer{}, ctx.Err()
	}
	return answer{}, lost(errLost.Error())
}
