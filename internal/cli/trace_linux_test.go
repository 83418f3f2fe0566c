package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// steps are the system calls by which a process changes something outside it.
var steps = []uint64{
	unix.SYS_WRITE, unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_CONNECT, unix.SYS_FSYNC, unix.SYS_FLOCK, unix.SYS_FCHMOD,
	unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_LINKAT, unix.SYS_MKDIRAT,
}

var errNoTracing = errors.New("tracing a process is not allowed here")

// killAt runs cmd and sends it a signal before its nth step, counted over all
// threads. killed is false if it ended before that. exit is its exit code, -1 if the
// signal ended it. cmd's streams must be files, because no goroutine copies them.
func killAt(cmd *exec.Cmd, n int, by syscall.Signal) (killed bool, exit int, err error) {
	// A tracer is a thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
			err = fmt.Errorf("%w: %w", errNoTracing, err)
		}
		return false, 0, err
	}
	defer cmd.Process.Release()
	pid := cmd.Process.Pid
	if err := await(pid); err != nil {
		return false, 0, err
	}
	const options = syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := syscall.PtraceSetOptions(pid, options); err != nil {
		return false, 0, err
	}
	return follow(pid, n, by)
}

func await(pid int) error {
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			return err
		}
	}
}

func follow(pid, n int, by syscall.Signal) (killed bool, exit int, err error) {
	taken := 0
	for tid, signal := pid, 0; ; {
		// A thread that SIGKILL has ended already can't be let go on.
		if err := goOn(tid, signal); err != nil && !killed && err != syscall.ESRCH {
			return killed, 0, err
		}
		var status syscall.WaitStatus
		// The process group holds its threads and no other test's children, which this thread may have started.
		tid, err = syscall.Wait4(-pid, &status, syscall.WALL|unix.WNOTHREAD, nil)
		signal = 0
		switch {
		case err == syscall.EINTR:
			tid = 0
		case err != nil:
			return killed, 0, err
		case status.Exited() || status.Signaled():
			if tid == pid {
				return killed, status.ExitStatus(), nil
			}
			tid = 0
		case status.StopSignal() == syscall.SIGTRAP|0x80:
			if !killed && entersStep(tid) {
				taken++
			}
			if taken == n && !killed {
				killed = true
				_ = syscall.Kill(pid, by)
				if by == syscall.SIGKILL {
					tid = 0 // it goes nowhere from here
				}
			}
		case status.StopSignal() != syscall.SIGTRAP && status.StopSignal() != syscall.SIGSTOP:
			signal = int(status.StopSignal())
		}
	}
}

func goOn(tid, signal int) error {
	if tid == 0 {
		return nil
	}
	return syscall.PtraceSyscall(tid, signal)
}

// entersStep reports whether a stopped thread is about to take a step.
func entersStep(tid int) bool {
	const getSyscallInfo, entry = 0x420e, 1
	var info struct { // struct ptrace_syscall_info of linux/ptrace.h
		op     uint8
		_      [3]uint8
		_      uint32
		_      [2]uint64
		number uint64
		_      [8]uint64
	}
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, getSyscallInfo, uintptr(tid), unsafe.Sizeof(info),
		uintptr(unsafe.Pointer(&info)), 0, 0)
	return errno == 0 && info.op == entry && slices.Contains(steps, info.number)
}
