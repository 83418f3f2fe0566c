package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

// secretLimit is the longest token or key in bytes that is read from stdin.
const secretLimit = 64 << 10

// storeSecret stores a personal access token or a provider's key from stdin.
func (s *session) storeSecret(ctx context.Context, provider string, force bool) error {
	text, err := s.readSecret(ctx, provider)
	if err != nil {
		return err
	}
	saved, err := s.keepSecret(ctx, provider, auth.NewSecret(text), force)
	if err != nil {
		return err
	}
	s.announce(ctx, saved)
	s.retire(ctx, saved)
	if provider == auth.Mogplex {
		s.fetchHosted(ctx)
	}
	return nil
}

// keepSecret asks the service about a personal access token, and stores it or a
// provider's key. A token that could not be asked about replaces nothing unless
// forced to, and ends no session.
func (s *session) keepSecret(ctx context.Context, provider string, secret auth.Secret, force bool) (saved auth.Saved, err error) {
	c := auth.Credential{Provider: provider, Type: auth.APIKey, Token: secret}
	if err := c.Check(); err != nil {
		return saved, usageError{err.Error()}
	}
	var unchecked error
	if provider == auth.Mogplex {
		c.Type = auth.PAT
		if unchecked, err = s.checkNew(ctx, c); err != nil {
			return saved, err
		}
	}
	stored, err := s.prepare(ctx, provider)
	if err != nil {
		return saved, err
	}
	if unchecked != nil && len(stored) > 0 && !force {
		return saved, hinted{fmt.Errorf("the token could not be checked, and replaces nothing: %w", unchecked),
			"Try again when the service answers, or store it unchecked with `mogplex login --with-token --force`."}
	}
	err = s.patiently("Storing it", func() error {
		saved, err = s.auth.SignIn(ctx, c)
		return err
	})
	if err != nil {
		s.warn(saved.Warnings...)
		return saved, ofKey(err, provider)
	}
	if unchecked != nil {
		saved.Warnings = append(saved.Warnings, fmt.Sprintf("the token could not be checked: %v", unchecked))
		saved.KeepSessions = true
	}
	return saved, nil
}

// readSecret reads stdin: a terminal without echo, anything else to its end.
func (s *session) readSecret(ctx context.Context, provider string) (string, error) {
	if s.isTerminal(s.stdin) {
		secret, err := s.hidden(ctx, fmt.Sprintf("Paste the token or key for %s (it is not shown), then press Enter: ", provider))
		return secret.Reveal(), err
	}
	text, err := readInput(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(s.stdin, secretLimit+1)) })
	if errors.Is(err, errNoInput) {
		command := "mogplex login --with-token < token.txt"
		if key := (keyError{provider: provider}); provider != auth.Mogplex {
			command = key.command() + " < key.txt"
		}
		return "", hinted{err, "Pipe the token or key into the command, as in `" + command + "`."}
	}
	return text, err
}

// readInput reads a secret. A read can't be cut short: it is left behind where
// ctx ends first.
func readInput(ctx context.Context, read func() ([]byte, error)) (string, error) {
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
		return checkInput(in.text, in.err)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// errNoInput is a stdin without a token or key in it.
var errNoInput = usageError{"stdin is empty"}

func checkInput(text []byte, err error) (string, error) {
	trimmed := strings.TrimSpace(decoded(text))
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("read stdin: %w", err)
	case len(text) > secretLimit:
		return "", usageError{"stdin holds more than a token or key"}
	case trimmed == "":
		return "", errNoInput
	}
	return trimmed, nil
}

// decoded is text as UTF-8, without a byte-order mark. It reads UTF-16 if a mark
// says so or if every second byte is 0, which is how PowerShell 5 writes files
// and can feed pipes. What is neither stays as it is.
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

// checkTimeout bounds the question whether a new token is accepted.
const checkTimeout = 10 * time.Second

// checkToken asks the service about a stored token whose times can't be believed.
func (s *session) checkToken(ctx context.Context, c auth.Credential) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := s.api().Check(ctx, c.Token.Reveal()); errors.Is(err, hosted.ErrUnauthorized) {
		return fmt.Errorf("%w: %w", auth.ErrExpired, err)
	}
	return nil
}

// checkNew refuses a token that the service does not accept. unchecked is why the
// service could not be asked.
func (s *session) checkNew(ctx context.Context, c auth.Credential) (unchecked, err error) {
	asking, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err = s.patiently("Asking "+s.origin, func() error { return s.api().Check(asking, c.Token.Reveal()) })
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, hosted.ErrUnauthorized):
		return nil, hinted{fmt.Errorf("%s: %w; nothing was stored", s.origin, err), "Make a token at " + s.origin + "/settings/api-keys."}
	}
	return fmt.Errorf("%s: %w", s.origin, err), nil
}
