package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
)

// email is who signs in.
const email = "ada@example.test"

// seat puts a person before a sign-in: they open the address that it shows, sign in, and paste the address at which
// the browser ends. Where the service does not let them, they press Ctrl-C. stop is to be called after the command.
//
// The callback is pasted and not opened: the ports that it leads to may be another program's.
func (w *world) seat(ctx context.Context, c *command, cmd *exec.Cmd, said io.Writer) (stop func(), err error) {
	stdin, keyboard, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdin = stdin
	shown := make(chan string, 1)
	cmd.Stderr = io.MultiWriter(said, &lines{each: func(line string) {
		if strings.HasPrefix(line, w.service.origin()+accountserver.AuthorizePath) {
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
			callback, err := w.signIn(ctx, address)
			if err == nil {
				_, _ = fmt.Fprintln(keyboard, callback)
			} else if ctx.Err() == nil {
				c.interrupted.Store(true)
				_ = cmd.Process.Signal(os.Interrupt)
			}
			keyboard.Close()
		case <-ctx.Done():
		}
	}()
	return func() {
		cancel()
		<-left
		stdin.Close()
		keyboard.Close()
	}, nil
}

// signIn does in a browser what leads to the callback address, and returns that.
func (w *world) signIn(ctx context.Context, address string) (callback string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path != "/auth/callback" {
			return nil
		}
		callback = r.URL.String()
		w.service.conceal(r.URL.Query().Get("code"))
		return http.ErrUseLastResponse
	}
	page, err := visit(ctx, browser, http.MethodGet, address, nil)
	if err == nil {
		_, err = visit(ctx, browser, http.MethodPost, page.String(), url.Values{"as": {email}})
	}
	if err == nil && callback == "" {
		err = errors.New("the sign-in page did not lead to the callback")
	}
	return callback, err
}

// visit returns the address at which the browser ends.
func visit(ctx context.Context, browser *http.Client, method, address string, form url.Values) (*url.URL, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(r)
	if err != nil {
		return nil, err
	}
	return response.Request.URL, response.Body.Close()
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
