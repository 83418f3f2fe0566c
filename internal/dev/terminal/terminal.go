//go:build !windows

// Package terminal runs a command on a terminal of its own, types what a person
// would type, and reads what a person would see. It is for tests and tools, and
// never part of mogplex.
//
// [Start] connects a command to a pseudo terminal whose other end is a terminal
// emulator: it answers queries as a real terminal does, and [Terminal.Screen] is
// what it shows. Waiting is for output, not for time: [Terminal.WaitFor] looks
// again whenever something was written.
//
// The emulator is github.com/charmbracelet/x/vt. Of what real terminals do it is
// known to lack one thing: a character of two columns that does not fit at the
// end of a row is lost in place of going to the next.
package terminal

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// drainLimit is how long the terminal is read after its command ended, where a
// process that the command left behind holds it open.
const drainLimit = 5 * time.Second

// Size is that of a terminal in cells.
type Size struct{ Columns, Rows int }

// Option changes the terminal that [Start] makes.
type Option func(*Terminal)

// Light makes the terminal one with dark letters on a light background. Without
// it, the background is dark.
func Light(t *Terminal) {
	t.emulator.SetDefaultForegroundColor(color.Black)
	t.emulator.SetDefaultBackgroundColor(color.White)
}

// Terminal is a terminal with a command that runs on it. Its methods may be
// called at the same time.
type Terminal struct {
	cmd      *exec.Cmd
	keyboard *os.File // the pseudo terminal's end that is not the command's
	replies  io.Writer
	drained  chan struct{} // closed when nothing more comes
	typing   chan struct{} // closed when nothing more is answered
	ended    chan struct{} // closed when the command ended and what it wrote was read
	exit     int           // set before ended is closed

	mu        sync.Mutex
	emulator  *vt.Emulator
	output    []byte
	changed   chan struct{} // closed at the next output
	held      *Screen       // what is shown during a synchronized update
	modes     map[ansi.Mode]bool
	kitty     []int // pushed flags of the kitty keyboard protocol
	title     string
	clipboard string
}

// Start runs cmd on a new terminal, which becomes its controlling terminal and
// those of its standard streams that are not set. What the terminal is called,
// TERM, is the caller's to say in cmd.Env. The caller calls [Terminal.Close].
func Start(cmd *exec.Cmd, size Size, options ...Option) (*Terminal, error) {
	t := &Terminal{
		cmd: cmd, emulator: vt.NewEmulator(size.Columns, size.Rows), modes: map[ansi.Mode]bool{},
		changed: make(chan struct{}), drained: make(chan struct{}), typing: make(chan struct{}),
		ended: make(chan struct{}),
	}
	t.replies = t.emulator.InputPipe()
	t.teach()
	for _, option := range options {
		option(t)
	}
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

// closable returns the same file in the mode in which Close ends a Read that
// waits; the pty package leaves it in the other one.
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

// control calls do with the terminal's descriptor, and leaves its mode alone.
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

// read shows what the command writes, until nobody can write any more.
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

// answer types what the emulator replies to the command's queries. When that
// can't be done any more it still listens, or the emulator would wait.
func (t *Terminal) answer() {
	defer close(t.typing)
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

// Screen returns what is shown now.
func (t *Terminal) Screen() Screen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown()
}

// Output returns a copy of everything that was ever written.
func (t *Terminal) Output() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.output)
}

// Clipboard returns what the command put there last (OSC 52).
func (t *Terminal) Clipboard() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clipboard
}

// State returns how the terminal treats what is typed: whether it echoes it, and
// whether it makes lines of it.
func (t *Terminal) State() (*term.State, error) {
	var state *term.State
	err := t.control(func(fd int) (err error) {
		state, err = term.GetState(fd)
		return err
	})
	return state, err
}

// Resize changes the terminal's size and tells the command.
func (t *Terminal) Resize(size Size) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.emulator.Resize(size.Columns, size.Rows)
	return t.control(func(fd int) error {
		window := unix.Winsize{Col: uint16(size.Columns), Row: uint16(size.Rows)}
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &window)
	})
}

// Close kills the command where it still runs, and no other process. It may be
// called again.
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
	<-t.typing
	return err
}
