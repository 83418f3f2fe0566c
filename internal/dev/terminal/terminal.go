//go:build !windows

// Package terminal runs a command on a terminal, types for a person, and reads the screen. Tests and development programs
// use it.
//
// [Start] connects a command to a pseudo terminal with a terminal emulator at its other end. The emulator answers queries
// as a real terminal does, and [Terminal.Screen] returns its screen. [Terminal.WaitFor] and [Terminal.WaitUntil] look at the
// screen after each output, so a test never sleeps.
//
// The emulator, github.com/charmbracelet/x/vt, has one known gap: it loses a character of two columns that does not fit at
// the end of a row, instead of moving it to the next row.
package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// drainLimit bounds reading after the command ended, in case a process that it left behind keeps the terminal open. A
// test shortens it.
var drainLimit = 5 * time.Second

// Size is the size of a terminal in cells.
type Size struct{ Columns, Rows int }

// Terminal is a terminal with a command that runs on it. Its methods may be called concurrently.
type Terminal struct {
	cmd      *exec.Cmd
	keyboard *os.File      // our end of the pseudo terminal
	replies  io.Writer     // takes the emulator's answers to queries
	drained  chan struct{} // closed when no more output comes
	answered chan struct{} // closed when no more answers are sent
	ended    chan struct{} // closed when the command ended and its output was read
	exit     int           // set before ended is closed

	mu        sync.Mutex
	emulator  *vt.Emulator
	output    []byte
	changed   chan struct{} // closed at the next output
	held      *Screen       // the screen before a synchronized update in progress
	bracketed bool          // the command asked for bracketed paste
	kitty     []int         // pushed flags of the kitty keyboard protocol
	clipboard string
}

// Start runs cmd on a new terminal, which becomes its controlling terminal and those of its standard streams that are
// not set. The caller sets TERM in cmd.Env, and calls [Terminal.Close].
func Start(cmd *exec.Cmd, size Size) (*Terminal, error) {
	t := &Terminal{
		cmd: cmd, emulator: vt.NewEmulator(size.Columns, size.Rows), changed: make(chan struct{}),
		drained: make(chan struct{}), answered: make(chan struct{}), ended: make(chan struct{}),
	}
	t.replies = t.emulator.InputPipe()
	t.extend()
	line, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(size.Columns), Rows: uint16(size.Rows)})
	if err != nil {
		return nil, fmt.Errorf("start on a terminal: %w", err)
	}
	if t.keyboard, err = closable(line); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("start on a terminal: %w", err)
	}
	go t.read()
	go t.answer()
	go t.wait()
	return t, nil
}

// closable returns the same file in non-blocking mode, in which Close ends a waiting Read.
func closable(line *os.File) (*os.File, error) {
	defer line.Close()
	fd, err := unix.FcntlInt(line.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), line.Name()), nil
}

// control calls do with the terminal's descriptor. Unlike File.Fd, it leaves the file in non-blocking mode.
func (t *Terminal) control(do func(fd int) error) error {
	conn, err := t.keyboard.SyscallConn()
	if err != nil {
		return err
	}
	if e := conn.Control(func(fd uintptr) { err = do(int(fd)) }); e != nil {
		return e
	}
	return err
}

// read passes output to the emulator, until no process has the terminal open.
func (t *Terminal) read() {
	defer close(t.drained)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.keyboard.Read(buf)
		t.mu.Lock()
		t.output = append(t.output, buf[:n]...)
		_, _ = t.emulator.Write(buf[:n])
		if err != nil {
			t.held = nil
		}
		close(t.changed)
		t.changed = make(chan struct{})
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// answer types the emulator's answers to queries. After the terminal is closed it still reads them, because otherwise the
// emulator would block.
func (t *Terminal) answer() {
	defer close(t.answered)
	_, _ = io.Copy(t.keyboard, struct{ io.Reader }{t.emulator})
	_, _ = io.Copy(io.Discard, struct{ io.Reader }{t.emulator})
}

func (t *Terminal) wait() {
	defer close(t.ended)
	_ = t.cmd.Wait()
	t.exit = t.cmd.ProcessState.ExitCode()
	limit := time.NewTimer(drainLimit)
	defer limit.Stop()
	select {
	case <-t.drained:
	case <-limit.C:
	}
}

// Screen returns the current screen.
func (t *Terminal) Screen() Screen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen()
}

// Output returns a copy of all output so far.
func (t *Terminal) Output() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.output)
}

// Clipboard returns the text that the command last put on the clipboard (OSC 52).
func (t *Terminal) Clipboard() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clipboard
}

// State returns the modes of the terminal, such as echo and line input.
func (t *Terminal) State() (*term.State, error) {
	var state *term.State
	err := t.control(func(fd int) (err error) {
		state, err = term.GetState(fd)
		return err
	})
	return state, err
}

// Resize changes the terminal's size and signals the command.
func (t *Terminal) Resize(size Size) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emulator.Resize(size.Columns, size.Rows)
	return t.control(func(fd int) error {
		window := unix.Winsize{Col: uint16(size.Columns), Row: uint16(size.Rows)}
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &window)
	})
}

// Close kills the command if it still runs, and no other process. It may be called more than once.
func (t *Terminal) Close() error {
	err := t.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-t.ended
	_ = t.keyboard.Close()
	<-t.drained
	if pipe, ok := t.replies.(io.Closer); ok {
		_ = pipe.Close()
	}
	<-t.answered
	return err
}
