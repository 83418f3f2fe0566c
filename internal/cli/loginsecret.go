package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// secretLimit is the greatest size of a token or key on stdin, in bytes.
const secretLimit = 64 << 10

// storeSecret stores a personal access token or a provider's key from stdin.
func (p *program) storeSecret(ctx context.Context, provider string, force bool) error {
	text, err := p.readSecret(ctx, provider)
	if err != nil {
		return err
	}
	saved, err := p.account.StoreSecret(ctx, provider, auth.NewSecret(text), force)
	return p.signedIn(ctx, saved, err)
}

// readSecret reads stdin: a terminal without echo, anything else to its end.
func (p *program) readSecret(ctx context.Context, provider string) (string, error) {
	if p.isTerminal(p.stdin) {
		secret, err := p.hidden(ctx, fmt.Sprintf("Paste the token or key for %s (it is not shown), then press Enter: ", provider))
		return secret.Reveal(), err
	}
	text, err := readInput(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(p.stdin, secretLimit+1)) })
	if errors.Is(err, errNoInput) {
		command := "mogplex login --with-token < token.txt"
		if provider != auth.Mogplex {
			command = outcome.StoreCommand(provider) + " < key.txt"
		}
		return "", settings.HintError{Err: err, Hint: "Pipe the token or key into the command, as in `" + command + "`."}
	}
	return text, err
}

// readInput calls read, and checks that its result can be a token or key.
func readInput(ctx context.Context, read func() ([]byte, error)) (string, error) {
	text, err := readAll(ctx, read)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return checkInput(text, err)
}

// readAll calls read. If ctx ends first it returns without waiting for read, which can't
// be interrupted.
func readAll(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type input struct {
		text []byte
		err  error
	}
	done := make(chan input, 1)
	go func() {
		text, err := read()
		done <- input{text, err}
	}()
	select {
	case in := <-done:
		return in.text, in.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// errNoInput means that stdin has no token or key.
var errNoInput = settings.UsageError("stdin is empty")

func checkInput(text []byte, err error) (string, error) {
	trimmed := strings.TrimSpace(decoded(text))
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("read stdin: %w", err)
	case len(text) > secretLimit:
		return "", settings.UsageError("stdin is too large for a token or key")
	case trimmed == "":
		return "", errNoInput
	}
	return trimmed, nil
}

// decoded converts text to UTF-8 and removes a byte-order mark. It reads UTF-16 if a
// mark says so or if every second byte is 0, because PowerShell 5 writes files and can
// feed pipes that way. It returns other text unchanged.
func decoded(text []byte) string {
	order, rest := binary.ByteOrder(binary.LittleEndian), text
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return string(text[3:])
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		rest = text[2:]
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order, rest = binary.BigEndian, text[2:]
	case !everySecondIsZero(text):
		return string(text)
	}
	units := make([]uint16, len(rest)/2)
	for i := range units {
		units[i] = order.Uint16(rest[2*i:])
	}
	return string(utf16.Decode(units))
}

func everySecondIsZero(text []byte) bool {
	for i := 1; i < len(text); i += 2 {
		if text[i] != 0 || text[i-1] == 0 {
			return false
		}
	}
	return len(text) > 1 && len(text)%2 == 0
}
