package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

const secretMark = "mog_MARKofTheSecret0123456789abcdef"

// person is someone at the plain mode.
type person struct {
	*talktest.Person
	services *talktest.Fake
}

// talking runs a test in a bubble of synctest.
func talking(t *testing.T, fake func() *talktest.Fake, opt Options, test func(p *person)) {
	t.Helper()
	talkingTo(t, fake, func(f *talktest.Fake) talk.Services { return f }, opt, test)
}

// talkingTo is talking with services made of the fake.
func talkingTo(
	t *testing.T, fake func() *talktest.Fake, services func(*talktest.Fake) talk.Services, opt Options, test func(p *person),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := fake()
		front := func(ctx context.Context, s talk.Services, in io.Reader, out io.Writer, interrupts <-chan struct{}) error {
			opt.Input, opt.Output, opt.Interrupts = in, out, interrupts
			return Run(ctx, s, opt)
		}
		talktest.Talk(t, services(f), front, func(p *talktest.Person) { test(&person{p, f}) })
	})
}

func deadline() *talktest.Fake {
	f := talktest.New()
	f.Prompted.Deadline = time.Now().Add(5 * time.Minute)
	return f
}

func TestSignIn(t *testing.T) {
	talking(t, deadline, Options{}, func(p *person) {
		p.Wants(p.Hears(), "You are not signed in.", "1. Sign in with Mogplex (recommended)\n", "3. Store a provider's API key\nNumber: ")
		p.Wants(p.Types("7", "nothing"), "Type a number from 1 to 3")
		p.Wants(p.Types("1"), "\n"+p.services.Prompted.URL+"\n", "Waiting for you until")
		p.Wants(p.Types("http://nonsense"), "This is not the address")
		p.Wants(p.Types("http://127.0.0.1:24816/auth/callback?code=c&state=s"),
			"Signed in as Ada Lovelace <ada@example.test>. The credential is in the keychain (Secret Service).\n", "/help.\n> ")
		p.Wants(p.Types("hi", "/quit"), "Hello, Ada.\n> ")
		if err := p.Left(); err != nil {
			t.Error(err)
		}
	})
}

// While an address with a code in it may be pasted, nothing typed is shown.
func TestSignInIsQuiet(t *testing.T) {
	var on, off int
	quiet := func() (func(), bool) { on++; return func() { off++ }, true }
	talking(t, deadline, Options{Quiet: quiet}, func(p *person) {
		p.Wants(p.Types("1"), "press Enter. It is not shown.\n")
		if on != 1 || off != 0 {
			t.Errorf("quiet %d times, ended %d times", on, off)
		}
		p.Wants(p.Types("http://127.0.0.1:24816/auth/callback?code=c&state=s"), "/help.\n> ")
		if on != 1 || off != 1 {
			t.Errorf("after it: quiet %d times, ended %d times", on, off)
		}
	})
}

// An earlier deadline is reported.
func TestSignInSaysAnEarlierDeadline(t *testing.T) {
	sooner := func() *talktest.Fake { f := deadline(); f.Until = time.Now().Add(30 * time.Second); return f }
	talking(t, sooner, Options{}, func(p *person) {
		p.Wants(p.Types("1"), "Ctrl+C stops.\n", "\nWaiting for you until "+p.services.Until.Format("15:04:05")+".\n")
	})
}

// After a failure the choice follows, and helps more than a command.
func TestSignInFails(t *testing.T) {
	refused := talktest.Problem{Text: "The account service refused.", SignIn: true}
	fake := func() *talktest.Fake { f := talktest.New(); f.Errs["SignIn"] = refused; return f }
	talking(t, fake, Options{}, func(p *person) {
		p.Wants(p.Types("1"), "Error: The account service refused.\nYou are not signed in. Choose a way to sign in; an empty line goes on without.\n1. Sign in")
		p.Wants(p.Types(""), "Type a prompt, or /help.\n> ")
	})
}

// A command is taken at a menu too, and leaves it.
func TestMenuTakesCommands(t *testing.T) {
	talking(t, talktest.New, Options{}, func(p *person) {
		p.Wants(p.Types("/status"), p.services.State+"\nType a prompt, or /help.\n> ")
	})
}

// A secret is read without echo, and right behind the choice.
func TestSecret(t *testing.T) {
	var asked string
	secret := func(_ context.Context, prompt string) (auth.Secret, error) {
		asked = prompt
		return auth.NewSecret(secretMark), nil
	}
	talking(t, talktest.New, Options{ReadSecret: secret}, func(p *person) {
		p.Wants(p.Types("3", "2"), "Stored the openai key in the keychain")
		if len(p.services.Secrets) != 1 || p.services.Secrets[0].Reveal() != secretMark || !strings.Contains(asked, "openai") {
			t.Errorf("%d secrets stored, asked with %q", len(p.services.Secrets), asked)
		}
		if strings.Contains(p.Said(), "MARK") {
			t.Error("the secret was written")
		}
	})
}

func TestTheTenthRowIsChosenByItsNumber(t *testing.T) {
	fake := func() *talktest.Fake {
		f := talktest.SignedIn()
		for i := range 12 {
			f.Catalog.List = append(f.Catalog.List, talk.Model{ID: fmt.Sprint("model-", i+1), Context: 200000, Input: 3, Output: 15})
		}
		return f
	}
	talking(t, fake, Options{}, func(p *person) {
		p.Wants(p.Types("/models", "10"), "10. model-10, 200k, $3 / $15\n", "Now using model-10.")
	})
}

// Ctrl+C ends an answer, and leaves when it comes twice in time.
func TestInterrupt(t *testing.T) {
	fake := func() *talktest.Fake { f := talktest.SignedIn(); f.Hold("Prompt"); return f }
	talking(t, fake, Options{}, func(p *person) {
		p.Types("hi")
		p.Interrupts <- struct{}{}
		p.Wants(p.Hears(), "Interrupted.\nCtrl+C again leaves.\n> ")
		time.Sleep(talk.Twice)
		p.Types("again")
		p.Interrupts <- struct{}{}
		p.Hears()
		p.Interrupts <- struct{}{}
		if err := p.Left(); err != nil {
			t.Error(err)
		}
	})
}

// Work that takes long is reported once.
func TestWaiting(t *testing.T) {
	fake := func() *talktest.Fake { f := talktest.SignedIn(); f.Hold("Status"); return f }
	talking(t, fake, Options{}, func(p *person) {
		p.Types("/status")
		time.Sleep(5 * time.Second)
		p.Wants(p.Hears(), "Looking at every credential…\n")
		if n := strings.Count(p.Said(), "Looking at every"); n != 1 {
			t.Errorf("said %d times", n)
		}
	})
}

// A change in another terminal is reported, and the prompt is written again.
func TestOtherTerminal(t *testing.T) {
	talking(t, talktest.SignedIn, Options{}, func(p *person) {
		p.Wants(p.Hears(), "Active now: Ada Lovelace <ada@example.test>, from keychain (Secret Service), at https://mogplex.com.\n")
		p.services.Change(func() { p.services.Account = talk.Session{} })
		p.Wants(p.Hears(), "Error: Signed out in another terminal.\n/login signs in again.\n> ")
		p.services.Change(func() {})
		if said := p.Hears(); said != "" {
			t.Errorf("said %q", said)
		}
	})
}

func TestRun(t *testing.T) {
	fake := func() *talktest.Fake {
		f := talktest.SignedIn()
		f.Updates = []talk.RunUpdate{
			{Run: talk.RunState{ID: "run_1", Status: "streaming", Harness: "claude"}, Events: []talk.RunEvent{{Type: "message", Message: "Working."}}},
			{Run: talk.RunState{ID: "run_1", Status: "success", Ended: true}, Notice: "Slowly."},
		}
		return f
	}
	talking(t, fake, Options{Options: talk.Options{Attach: "run_1"}}, func(p *person) {
		p.Wants(p.Hears(), "Run run_1: streaming, harness claude.\nmessage\nWorking.\nSlowly.\nThe run ended: success.\nType a prompt")
	})
}

// The end of the context is what Run ends with, whatever it waits for.
func TestEnds(t *testing.T) {
	for _, keys := range []string{"", "1"} {
		talking(t, talktest.New, Options{}, func(p *person) {
			p.Types(keys)
			p.End()
			if err := p.Left(); !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A program that hands in prompts learns that nobody was signed in. A person who leaves the menu knows.
func TestEndsWithNobodySignedIn(t *testing.T) {
	typed := func(context.Context, string) (auth.Secret, error) { return auth.Secret{}, io.EOF }
	for _, c := range []struct {
		name string
		read func(context.Context, string) (auth.Secret, error)
		want error
	}{{"pipe", nil, auth.ErrNotSignedIn}, {"terminal", typed, nil}} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, talktest.New, Options{ReadSecret: c.read}, func(p *person) {
				p.Types("hello", "/quit")
				p.Keyboard.Close()
				if err := p.Left(); !errors.Is(err, c.want) {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// A connection that ends is not the end of the input.
func TestGoesOn(t *testing.T) {
	fake := func() *talktest.Fake {
		f := talktest.SignedIn()
		f.Errs["Prompt"] = fmt.Errorf("the answer broke off: %w", io.EOF)
		return f
	}
	talking(t, fake, Options{}, func(p *person) {
		p.Wants(p.Types("hi"), "Hello\nError: the answer broke off: EOF\n> ")
	})
}

// deaf signs out in its own time.
type deaf struct {
	*talktest.Fake
	wait chan struct{}
}

func (d deaf) SignOut(context.Context) (talk.SignedOut, error) {
	<-d.wait
	return talk.SignedOut{Lines: []string{"Removed."}}, errors.New("not everything was removed")
}

// Leaving while a sign-out goes on is no success.
func TestLeavesASignOut(t *testing.T) {
	for _, ends := range []bool{false, true} {
		var d deaf
		services := func(f *talktest.Fake) talk.Services { d = deaf{f, make(chan struct{})}; return d }
		talkingTo(t, talktest.SignedIn, services, Options{}, func(p *person) {
			p.Types("/logout")
			p.Interrupts <- struct{}{}
			p.Interrupts <- struct{}{}
			want := "the sign-out has not ended yet: `mogplex logout` does it again"
			if ends {
				close(d.wait)
				want = "not everything was removed"
			} else {
				defer close(d.wait)
				time.Sleep(talk.Settle)
			}
			if err := p.Left(); err == nil || err.Error() != want {
				t.Errorf("ended with %v", err)
			}
			if said := p.Hears(); strings.Contains(said, "Removed.") != ends {
				t.Errorf("said %q", said)
			}
		})
	}
}

// breaking breaks down at a look.
type breaking struct {
	*talktest.Fake
	at int
}

func (b breaking) Session(ctx context.Context) (talk.Session, error) {
	if b.Called("Session") >= b.at {
		panic("MARK")
	}
	return b.Fake.Session(ctx)
}

// A look that breaks down ends the app, and nothing of it is printed.
func TestPanics(t *testing.T) {
	for at := range 2 {
		services := func(f *talktest.Fake) talk.Services { return breaking{f, at} }
		talkingTo(t, talktest.SignedIn, services, Options{}, func(p *person) {
			if at > 0 {
				p.Hears()
				p.services.Change(func() {})
			}
			if err := p.Left(); !errors.Is(err, talk.ErrCrashed) || strings.Contains(p.Said(), "MARK") {
				t.Errorf("ended with %v, said %q", err, p.Said())
			}
			if !strings.Contains(strings.Join(p.services.Logged, ""), "breaking") {
				t.Error("what panicked is not in the log")
			}
		})
	}
}
