package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// real is [Run] with bubbletea's own loop, on pipes in place of a terminal.
type real struct {
	*testing.T
	keyboard *io.PipeWriter
	screen   *io.PipeReader
	drawn    strings.Builder
	end      context.CancelFunc
	ended    chan error
}

func runReal(t *testing.T, s talk.Services, opt Options) *real {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	ctx, cancel := context.WithCancel(t.Context())
	in, keyboard := io.Pipe()
	screen, out := io.Pipe()
	r := &real{T: t, keyboard: keyboard, screen: screen, end: cancel, ended: make(chan error, 1)}
	opt.Input, opt.Output, opt.window = in, out, window80
	go func() {
		r.ended <- Run(ctx, s, opt)
		in.Close()
		out.Close()
	}()
	t.Cleanup(cancel)
	return r
}

// draws waits until the app has written a text.
func (r *real) draws(text string) {
	r.Helper()
	buf := make([]byte, 4096)
	for !strings.Contains(r.drawn.String(), text) {
		n, err := r.screen.Read(buf)
		if err != nil {
			r.Fatalf("%q was not drawn: %q", text, r.drawn.String())
		}
		r.drawn.Write(buf[:n])
	}
}

// leaves waits for the end, and checks that the terminal was restored.
func (r *real) leaves() error {
	r.Helper()
	rest, _ := io.ReadAll(r.screen)
	r.drawn.Write(rest)
	drawn := r.drawn.String()
	for _, sequence := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?2004l"} { // main screen, cursor, no bracketed paste
		if !strings.Contains(drawn, sequence) {
			r.Errorf("the terminal is left without %q: %q", sequence, drawn)
		}
	}
	select {
	case err := <-r.ended:
		return err
	case <-time.After(time.Minute):
		r.Fatal("it does not end")
		return nil
	}
}

var noColor = []string{"NO_COLOR=1", "TERM=xterm-256color"}

func TestRunLeaves(t *testing.T) {
	for name, test := range map[string]struct {
		opt   Options
		leave func(r *real)
		err   error
	}{
		"key":      {Options{}, func(r *real) { _, _ = io.WriteString(r.keyboard, "q") }, nil},
		"twice":    {Options{}, func(r *real) { _, _ = io.WriteString(r.keyboard, "\x03\x03") }, nil},
		"killed":   {Options{}, func(r *real) { r.end() }, context.Canceled},
		"attached": {Options{Options: talk.Options{Attach: "run_1"}}, func(r *real) { _, _ = io.WriteString(r.keyboard, "q") }, auth.ErrNotSignedIn},
	} {
		t.Run(name, func(t *testing.T) {
			test.opt.Environ = noColor
			r := runReal(t, talktest.New(), test.opt)
			r.draws("not signed in")
			test.leave(r)
			if err := r.leaves(); !errors.Is(err, test.err) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// Leaving waits for a sign-out, and its failure is what the app ends with.
func TestLeavingWaitsForTheSignOut(t *testing.T) {
	services := talktest.SignedIn()
	release := services.Hold("SignOut")
	services.Errs["SignOut"] = talktest.Problem{Text: "The keychain is locked."}
	r := runReal(t, services, Options{Environ: noColor})
	r.draws("Ada")
	_, _ = io.WriteString(r.keyboard, "/logout\r")
	r.draws("Signing out")
	_, _ = io.WriteString(r.keyboard, "/quit\r")
	r.draws("Finishing what is still running")
	release()
	var told talktest.Problem
	if err := r.leaves(); !errors.As(err, &told) || errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

// NO_COLOR turns colours off.
func TestColour(t *testing.T) {
	for variable, want := range map[string]bool{"NO_COLOR=1": false, "NO_COLOR=": true} {
		r := runReal(t, talktest.New(), Options{Environ: []string{variable, "TERM=xterm-256color", "TTY_FORCE=1"}})
		r.draws("not signed in")
		_, _ = io.WriteString(r.keyboard, "q")
		if err := r.leaves(); err != nil {
			t.Error(err)
		}
		if got := strings.Contains(r.drawn.String(), "38;5;"); got != want {
			t.Errorf("%s: colours %t: %q", variable, got, r.drawn.String())
		}
	}
}

// Leaving waits until a credential is stored.
func TestRunFinishes(t *testing.T) {
	f := talktest.New()
	slow := make(chan struct{})
	r := runReal(t, stubborn{f, slow}, Options{Environ: noColor})
	r.draws("not signed in")
	_, _ = io.WriteString(r.keyboard, "2x\r")
	r.draws("Checking and storing")
	_, _ = io.WriteString(r.keyboard, "\x03\x03")
	r.draws("\x1b[?1049l") // the terminal is given back first
	r.draws("Finishing what is still running…")
	close(slow)
	if err := r.leaves(); err != nil || len(f.Secrets) != 1 {
		t.Errorf("%d stored, %v", len(f.Secrets), err)
	}
}

// A panic restores the terminal and prints nothing.
func TestRunPanics(t *testing.T) {
	stderr := os.Stderr
	file, err := os.Create(t.TempDir() + "/stderr")
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = file
	defer func() { os.Stderr = stderr }()
	unreadable := talktest.New()
	unreadable.Errs["Session"] = errors.New("it can't be read")
	for _, services := range []talk.Services{panicking{talktest.New()}, speechless{unreadable}} {
		r := runReal(t, services, Options{Environ: noColor})
		if err := r.leaves(); !errors.Is(err, talk.ErrCrashed) {
			t.Errorf("it ended with %v", err)
		}
		if printed, _ := os.ReadFile(file.Name()); len(printed) > 0 || strings.Contains(r.drawn.String(), "MARK") {
			t.Errorf("printed %q and %q", printed, r.drawn.String())
		}
	}
}

// panicking panics in a goroutine of the conversation, speechless on the screens' own.
type (
	panicking  struct{ *talktest.Fake }
	speechless struct{ *talktest.Fake }
)

func (speechless) Explain(error) talk.Problem { panic("MARK") }

func (panicking) Session(context.Context) (talk.Session, error) { panic("MARK") }

// stubborn ignores its context.
type stubborn struct {
	*talktest.Fake
	wait chan struct{}
}

func (s stubborn) StoreSecret(_ context.Context, provider string, secret auth.Secret) (talk.Stored, error) {
	<-s.wait
	return s.Fake.StoreSecret(context.Background(), provider, secret)
}
