package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// hidden asks for a secret on the terminal without echo. The terminal's own line
// editing stays off: it takes no line of more than 4095 bytes, and an Enter that
// was typed while it was still off would end none.
func (s *session) hidden(ctx context.Context, prompt string) (auth.Secret, error) {
	f, ok := s.stdin.(*os.File)
	if !ok {
		return auth.Secret{}, errors.New("stdin is no terminal")
	}
	before, err := term.MakeRaw(int(f.Fd())) // the echo goes off before anyone is asked to paste
	if err != nil {
		return auth.Secret{}, fmt.Errorf("read stdin: %w", err)
	}
	fmt.Fprint(s.stderr, prompt)
	defer func() {
		_ = term.Restore(int(f.Fd()), before) // a read that was left behind has the echo off
		fmt.Fprintln(s.stderr)
	}()
	text, err := readInput(ctx, func() ([]byte, error) { return readKeys(f) })
	return auth.NewSecret(text), err
}

// The keys that mean something to a terminal that is not raw.
const (
	keyInterrupt = 'C' - '@'
	keyEnd       = 'D' - '@'
	keyBack      = 'H' - '@'
	keyKill      = 'U' - '@'
	keyDelete    = 0x7f
)

// readKeys reads a line from a raw terminal. It takes one byte at a time: what
// is typed behind the line is for someone else.
func readKeys(r io.Reader) ([]byte, error) {
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
		default:
			if len(line) <= secretLimit {
				line = append(line, key[0])
			}
		}
	}
}
