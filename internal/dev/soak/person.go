package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// seat puts a person in front of a sign-in: they open the address that it shows, sign in, and paste the address at which
// the browser ends. If the service does not let them, they press Ctrl-C. Call leave after the command.
//
// The callback is pasted and not opened: the ports that it leads to may be another program's.
func (w *world) seat(ctx context.Context, c *command, cmd *exec.Cmd, said *bytes.Buffer) (leave func(), err error) {
	stdin, keyboard, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	service, shown := w.services[c.key.service], make(chan string, 1)
	cmd.Stdin = stdin
	cmd.Stderr = &screen{said: said, prefix: service.origin() + accountserver.AuthorizePath, shown: shown}
	ctx, cancel := context.WithCancel(ctx)
	left := make(chan struct{})
	go func() {
		defer close(left)
		select {
		case address := <-shown:
			callback, err := accountserver.WalkToCallback(ctx, address, service.email)
			if err == nil {
				w.ledger.expect(callback.Query().Get("code"), c.key)
				_, _ = fmt.Fprintln(keyboard, callback)
			} else if ctx.Err() == nil {
				c.broken.Store(true)
				_ = cmd.Process.Signal(os.Interrupt)
			}
		case <-ctx.Done():
		}
	}()
	return func() {
		cancel()
		<-left
		stdin.Close()
		keyboard.Close() // not before: a closed stdin is no Ctrl-C
	}, nil
}

// screen keeps what a command says, and sends the first whole line with a prefix on shown.
type screen struct {
	said   *bytes.Buffer // not embedded: its ReadFrom would take Write's place
	prefix string
	shown  chan<- string
}

func (s *screen) Write(p []byte) (int, error) {
	n, err := s.said.Write(p)
	_, rest, found := strings.Cut(s.said.String(), "\n"+s.prefix)
	if line, _, whole := strings.Cut(rest, "\n"); found && whole && s.shown != nil {
		s.shown <- s.prefix + line
		s.shown = nil
	}
	return n, err
}
