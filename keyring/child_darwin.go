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

// go-keyring has no way to end a call, and a `security` that it started still
// writes when somebody answers its dialog an hour later. So each call runs in a
// child: this program, started again in a process group of its own, which is
// killed as a whole at the deadline.
//
// Parent and child talk JSON over pipes: the child greets, the parent sends one
// request, the child may say that it is about to show a prompt, and answers. No
// secret is in an argument or a variable.

// runChild is the child.
func runChild() bool {
	serve(os.Stdin, os.Stdout)
	return true
}

// serve is the child's side.
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

// endWithParent kills the group once the parent closes the pipe: the kernel does
// so for a parent that was killed.
func endWithParent(in io.Reader) {
	_, _ = io.Copy(io.Discard, in)
	if syscall.Getpgrp() == os.Getpid() {
		_ = syscall.Kill(0, syscall.SIGKILL)
	}
}

// errNoChild: no child took the request, so that nothing was done.
var errNoChild = errors.New("this program could not be started again")

// child is a running child in the parent's eyes.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
	kill    func() // kills the group; safe until end
}

// startChild starts this program again. The group is killed when ctx ends.
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

// end kills what is left of the group, such as the `security -i` that go-keyring
// leaves behind a value too big, while the child's number can't be another's yet.
func (c *child) end() {
	c.kill()
	_ = c.in.Close()
	_ = c.cmd.Wait()
}

// callInChild has a child perform r. onPrompt may be nil.
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
		return answer{}, errNoChild // the file of a program that was upgraded can be gone, or another's
	}
	err = json.NewEncoder(c.in).Encode(r)
	for a = (answer{Prompt: true}); err == nil && a.Prompt; {
		a = answer{}
		if err = c.answers.Decode(&a); err == nil && a.Prompt && onPrompt != nil {
			onPrompt()
		}
	}
	switch {
	case err == nil:
		return a, nil
	case ctx.Err() != nil:
		return answer{}, ctx.Err()
	}
	return answer{}, &Error{Kind: ErrUnavailable, Detail: errLost.Error(), cause: errLost}
}
