package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
)

// seat puts a person in front of a sign-in: they open the address that it shows, sign in, and paste the address at which
// the browser ends. If the service does not let them, they press Ctrl-C. Call leave after the command.
//
// The callback is pasted and not opened: the ports that it leads to may be another program's.
func (w *world) seat(ctx context.Context, c *command, cmd *exec.Cmd, said io.Writer) (leave func(), err error) {
	stdin, keyboard, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdin = stdin
	shown := make(chan string, 1)
	cmd.Stderr = io.MultiWriter(said, &lines{each: func(line string) {
		if strings.HasPrefix(line, w.services[c.key.service].origin()+accountserver.AuthorizePath) {
			select {
			case shown <- line:
			default:
			}
		}
	}})
	ctx, cancel := context.WithCancel(ctx)
	left := make(chan struct{})
	go func() {
		defer close(left)
		select {
		case address := <-shown:
			callback, err := accountserver.WalkToCallback(ctx, address, w.services[c.key.service].email)
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

// lines is a writer that hands on whole lines.
type lines struct {
	each func(string)
	rest string
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest += string(p)
	for {
		line, rest, whole := strings.Cut(l.rest, "\n")
		if !whole {
			return len(p), nil
		}
		l.rest = rest
		l.each(line)
	}
}
