package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

const (
	walkLimit   = 30 * time.Second
	personLimit = 6 * time.Minute // more than mogplex itself waits
)

// canOpenBrowser reports whether a person with a browser is there.
func (d *demo) canOpenBrowser() bool {
	f, ok := d.stdin.(*os.File)
	if d.walk || !ok || !term.IsTerminal(int(f.Fd())) {
		return false
	}
	switch runtime.GOOS {
	case "darwin", "windows":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// signIn signs in with the person's browser, or walks through the page.
func (d *demo) signIn(ctx context.Context) {
	if d.canOpenBrowser() {
		d.say("  Your browser opens. Sign in there, as either of the two accounts.")
		d.login(ctx, personLimit, d.stdin, func(string) {}, "login")
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	account := accountserver.DefaultAccounts()[0]
	d.email = account.Email
	var walking sync.WaitGroup
	var page accountserver.Page
	var failure error
	d.login(ctx, walkLimit, nil, func(address string) {
		d.say("  (A person opens this and signs in. Here the demo does, as\n  %s.)", d.email)
		walking.Go(func() { page, failure = accountserver.WalkSignIn(ctx, address, d.email) })
	}, "login", "--no-browser")
	if d.err != nil {
		cancel()
	}
	walking.Wait()
	cancel()
	if failure != nil {
		d.stop(failure)
	}
	told := strings.Contains(page.Body, "You are signed in as "+account.Name) && strings.Contains(page.Body, "is kept in")
	d.check(told, "The browser's last page says who is signed in, and where the token is.")
}

// login runs a sign-in and shows what it says while it says it. open is called
// with the address to sign in at.
func (d *demo) login(ctx context.Context, limit time.Duration, stdin io.Reader, open func(address string), args ...string) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	d.typed(append([]string{"mogplex"}, args...)...)
	live := &lines{each: func(line string) {
		d.output(line)
		if strings.HasPrefix(line, d.origin+accountserver.AuthorizePath) {
			open(line)
		}
	}}
	r, err := d.run(ctx, nil, stdin, live, args...)
	if err == nil && r.code != 0 {
		err = fmt.Errorf("mogplex login: exit code %d", r.code)
	}
	if err != nil {
		d.stop(err)
	}
}

// lines is a writer that hands on whole lines, and drops a last one without an
// end.
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
