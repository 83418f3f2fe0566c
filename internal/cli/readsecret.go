package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/tui"
)

// hidden reads a secret from the terminal without echo. It turns off the terminal's line
// editing, which limits a line to 4095 bytes and ignores an Enter that was typed before
// it was turned on.
func (p *program) hidden(ctx context.Context, prompt string) (auth.Secret, error) {
	f, ok := p.stdin.(*os.File)
	if !ok {
		return auth.Secret{}, errors.New("stdin is not a terminal")
	}
	raw := rawTerminal{fd: int(f.Fd()), prompt: func() { fmt.Fprint(p.stderr, prompt) }}
	if err := raw.begin(); err != nil {
		return auth.Secret{}, err
	}
	defer func() {
		raw.end()
		fmt.Fprintln(p.stderr)
	}()
	suspend := func() error {
		raw.end()
		fmt.Fprintln(p.stderr)
		tui.StopJob()
		return raw.begin()
	}
	text, err := readInput(ctx, func() ([]byte, error) { return readKeys(f, suspend) })
	raw.close() // a read that still runs must not turn the echo off again
	return auth.NewSecret(text), err
}

// rawTerminal turns a terminal's raw mode on with begin and off with end, repeatedly. It
// is safe for concurrent use.
type rawTerminal struct {
	fd     int
	prompt func()

	mu     sync.Mutex
	before *term.State // nil while the terminal is not raw
	closed bool
}

// begin turns the raw mode on, and then shows the prompt.
func (r *rawTerminal) begin() (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return context.Canceled
	}
	if r.before, err = term.MakeRaw(r.fd); err != nil {
		return fmt.Errorf("read stdin: %w", err)
	}
	r.prompt()
	return nil
}

// end restores the terminal's mode.
func (r *rawTerminal) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.before != nil {
		_ = term.Restore(r.fd, r.before)
		r.before = nil
	}
}

// close makes any later begin fail.
func (r *rawTerminal) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// The control keys that a terminal handles itself unless it is raw.
const (
	keyInterrupt = 'C' - '@'
	keyEnd       = 'D' - '@'
	keyBack      = 'H' - '@'
	keyKill      = 'U' - '@'
	keySuspend   = 'Z' - '@'
	keyDelete    = 0x7f
)

// readKeys reads a line from a raw terminal, and starts over after suspend. It reads
// one byte at a time, because the input after the line is for another reader.
func readKeys(r io.Reader, suspend func() error) ([]byte, error) {
	var line []byte
	for key := make([]byte, 1); ; {
		if _, err := io.ReadFull(r, key); err != nil {
			return line, err
		}
		switch key[0] {
		case '\r', '\n', keyEnd:
			return line, nil
		case keyInterrupt:
			return nil, context.Canceled
		case keyBack, keyDelete:
			line = line[:max(0, len(line)-1)]
		case keyKill:
			line = line[:0]
		case keySuspend:
			line = line[:0]
			if err := suspend(); err != nil {
				return nil, err
			}
		default:
			if len(line) <= secretLimit {
				line = append(line, key[0])
			}
		}
	}
}
