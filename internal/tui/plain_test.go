package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// talk is a person at the plain mode, in a bubble of synctest.
type talk struct {
	*testing.T
	services   *fake
	keyboard   *io.PipeWriter
	interrupts chan struct{}
	end        context.CancelFunc
	ended      chan error

	mu    sync.Mutex
	said  bytes.Buffer
	heard int // bytes of said
}

func (k *talk) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.said.Write(p)
}

func talking(t *testing.T, f func() *fake, opt Options, test func(k *talk)) {
	t.Helper()
	talkingTo(t, f, func(f *fake) Services { return f }, opt, test)
}

// talkingTo is talking, to services made of the fake.
func talkingTo(t *testing.T, f func() *fake, services func(*fake) Services, opt Options, test func(k *talk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, keyboard := io.Pipe()
		k := &talk{T: t, services: f(), keyboard: keyboard, interrupts: make(chan struct{}), end: cancel, ended: make(chan error, 1)}
		opt.Input, opt.Output, opt.Interrupts = in, k, k.interrupts
		go func() { k.ended <- RunPlain(ctx, services(k.services), opt) }()
		test(k)
		cancel()
		keyboard.Close()
		synctest.Wait()
	})
}

// hears returns what was said since the last time, when no more comes.
func (k *talk) hears() string {
	synctest.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	text := k.said.String()[k.heard:]
	k.heard = k.said.Len()
	return text
}

// types types lines, and returns what was said since.
func (k *talk) types(lines ...string) string {
	k.Helper()
	k.hears()
	for _, line := range lines {
		if _, err := io.WriteString(k.keyboard, line+"\n"); err != nil {
			k.Fatal(err)
		}
	}
	return k.hears()
}

func (k *talk) want(got string, texts ...string) {
	k.Helper()
	for _, text := range texts {
		if !strings.Contains(got, text) {
			k.Errorf("%q is not in what was said:\n%s", text, got)
		}
	}
	if strings.ContainsAny(got, "\x1b\r\b") {
		k.Errorf("it moves the cursor: %q", got)
	}
}

func (k *talk) left() error {
	k.Helper()
	synctest.Wait()
	select {
	case err := <-k.ended:
		return err
	default:
		k.Fatalf("it goes on:\n%s", k.hears())
		return nil
	}
}

// A keychain that can't be read is what the app ends with, when one leaves there.
func TestPlainStartFails(t *testing.T) {
	locked := problem{Text: "The keychain is locked."}
	for _, keys := range [][]string{{"1", "3"}, {"1"}} {
		talking(t, func() *fake { f := newFake(); f.errs["Session"] = locked; return f }, Options{}, func(k *talk) {
			k.want(k.hears(), "Error: The keychain is locked.\n1. Try again")
			k.want(k.types(keys...), "Error: The keychain is locked.")
			k.keyboard.Close()
			if err := k.left(); !errors.Is(err, locked) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestPlainSignIn(t *testing.T) {
	talking(t, deadline, Options{}, func(k *talk) {
		k.want(k.hears(), "You are not signed in.", "1. Sign in with Mogplex (recommended)\n", "3. Store a provider's API key\nNumber: ")
		k.want(k.types("7", "/help"), "Type a number from 1 to 3")
		k.want(k.types("1"), "\n"+k.services.prompt.URL+"\n", "Waiting for you until")
		k.want(k.types("http://nonsense"), "This is not the address")
		k.want(k.types("http://127.0.0.1:24816/auth/callback?code=c&state=s"),
			"Signed in as Ada Lovelace <ada@example.test>. The credential is kept in the keychain (Secret Service).\n",
			"In force now: Ada", "/help.\n> ")
		k.want(k.types("hi", "/quit"), "Hello, Ada.\n> ")
		if err := k.left(); err != nil {
			t.Error(err)
		}
	})
}

// While an address with a code in it may be pasted, nothing typed is shown.
func TestPlainSignInIsQuiet(t *testing.T) {
	var on, off int
	quiet := func() (func(), bool) { on++; return func() { off++ }, true }
	talking(t, deadline, Options{Quiet: quiet}, func(k *talk) {
		k.want(k.types("1"), "press Enter. It is not shown.\n")
		if on != 1 || off != 0 {
			t.Errorf("quiet %d times, ended %d times", on, off)
		}
		k.want(k.types("http://127.0.0.1:24816/auth/callback?code=c&state=s"), "/help.\n> ")
		if on != 1 || off != 1 {
			t.Errorf("after it: quiet %d times, ended %d times", on, off)
		}
	})
}

// What helps after a failure is the choice that follows, and no command.
func TestPlainSignInFails(t *testing.T) {
	refused := problem{Text: "The account service refused.", SignIn: true}
	talking(t, func() *fake { f := newFake(); f.errs["SignIn"] = refused; return f }, Options{}, func(k *talk) {
		k.want(k.types("1"), "Error: The account service refused.\nYou are not signed in. Choose a way; an empty line goes on without.\n1. Sign in")
		k.want(k.types(""), "Type a prompt, or /help.\n> ")
	})
}

// A secret is read without echo, and right behind the choice.
func TestPlainSecret(t *testing.T) {
	var asked string
	secret := func(_ context.Context, prompt string) (auth.Secret, error) {
		asked = prompt
		return auth.NewSecret(secretMark), nil
	}
	talking(t, newFake, Options{ReadSecret: secret}, func(k *talk) {
		k.want(k.types("3", "2"), "Stored in the keychain", "In force now: openai")
		if len(k.services.secrets) != 1 || k.services.secrets[0].Reveal() != secretMark || !strings.Contains(asked, "openai") {
			t.Errorf("%d secrets stored, asked with %q", len(k.services.secrets), asked)
		}
		if strings.Contains(k.said.String(), "MARK") {
			t.Error("the secret was written")
		}
	})
}

func TestPlainCommands(t *testing.T) {
	f := func() *fake {
		f := signedIn()
		f.models.List = []Model{{ID: "anthropic/claude", Context: 200000, Input: 3, Output: 15}, {ID: "openai/gpt", Input: -1, Output: -1}}
		f.servers.List = []Server{{Name: "files", Enabled: true, Kind: "url", Target: "https://mcp.test", Masked: []string{"Authorization: ••••"}}}
		return f
	}
	talking(t, f, Options{}, func(k *talk) {
		k.want(k.types("/help"), "/models [ID]: pick the model")
		k.want(k.types("/status"), k.services.status)
		k.want(k.types("/stauts"), "Error: There is no command /stauts.", "Did you mean /status?")
		k.want(k.types("/mcp"), "files (", "Authorization: ••••")
		k.want(k.types("/models", "2"), "1. anthropic/claude, 200k, $3 / $15\n2. openai/gpt\n", "openai/gpt answers from now on.")
		k.want(k.types("/models nonsense"), "Error: There is no model nonsense in the catalog.\n/models shows them.")
		k.want(k.types("/sync"), "Models: 2, fetched just now.", "MCP servers: 1")
		k.types("one", "two")
		last := k.services.asked[len(k.services.asked)-1]
		if last.Model != "openai/gpt" || len(last.Turns) != 3 || last.Turns[1].Text != "Hello, Ada." {
			t.Errorf("sent %+v", last)
		}
		k.types("/clear", "three")
		if last = k.services.asked[len(k.services.asked)-1]; len(last.Turns) != 1 {
			t.Errorf("after /clear %+v was sent", last)
		}
		k.services.report.StillInEnv = []string{"OPENAI_API_KEY"}
		k.want(k.types("/logout"), "Removed the credential", "OPENAI_API_KEY still signs in", "The conversation starts anew", "You are not signed in.")
		k.keyboard.Close()
		if err := k.left(); err != nil {
			t.Error(err)
		}
	})
}

// Ctrl+C ends an answer, and leaves when it comes twice in time.
func TestPlainInterrupt(t *testing.T) {
	f := func() *fake { f := signedIn(); f.hold("Prompt"); return f }
	talking(t, f, Options{}, func(k *talk) {
		k.types("hi")
		k.interrupts <- struct{}{}
		k.want(k.hears(), "Interrupted. Ctrl+C again leaves.\n> ")
		time.Sleep(twice)
		k.types("again")
		k.interrupts <- struct{}{}
		k.hears()
		k.interrupts <- struct{}{}
		if err := k.left(); err != nil {
			t.Error(err)
		}
	})
}

// A sign-out elsewhere ends an answer at once.
func TestPlainSignedOutElsewhere(t *testing.T) {
	f := func() *fake { f := signedIn(); f.hold("Prompt"); return f }
	talking(t, f, Options{}, func(k *talk) {
		k.types("hi")
		k.services.change(func() { k.services.account = Session{} })
		k.want(k.hears(), "The conversation starts anew", "Signed out in another terminal. /login signs in again.\n> ")
		k.services.change(func() { k.services.account = ada })
		k.want(k.hears(), "In force now: Ada", "> ")
	})
}

func TestPlainAttach(t *testing.T) {
	gone := problem{Text: "There is no run run_1.", Hint: "Look at its address."}
	for name, test := range map[string]struct {
		prepare func(f *fake)
		says    string
		ends    error
	}{
		"ended": {func(f *fake) {
			f.updates = []RunUpdate{
				{Run: RunState{ID: "run_1", Status: "streaming"}, Events: []RunEvent{{Type: "message", Message: "Working."}}},
				{Run: RunState{ID: "run_1", Status: "success", Ended: true}, Notice: "Slowly."},
			}
		}, "The run ended: success.", nil},
		"not found":  {func(f *fake) { f.errs["Follow"] = gone }, "Error: There is no run run_1.\nLook at its address.", gone},
		"signed out": {func(f *fake) { f.account = Session{} }, "not signed in", auth.ErrNotSignedIn},
	} {
		t.Run(name, func(t *testing.T) {
			talking(t, func() *fake { f := signedIn(); test.prepare(f); return f }, Options{Attach: "run_1"}, func(k *talk) {
				k.want(k.hears(), test.says)
				k.keyboard.Close()
				if err := k.left(); !errors.Is(err, test.ends) {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// The end of the context is what RunPlain ends with, whatever it waits for.
func TestPlainEnds(t *testing.T) {
	for _, keys := range []string{"", "1"} {
		talking(t, newFake, Options{}, func(k *talk) {
			k.types(keys)
			k.end()
			if err := k.left(); !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A program that hands in prompts learns that nobody was signed in. A person
// who leaves the menu knows.
func TestPlainEndsWithNobodySignedIn(t *testing.T) {
	typed := func(context.Context, string) (auth.Secret, error) { return auth.Secret{}, io.EOF }
	for _, c := range []struct {
		name string
		read ReadSecret
		want error
	}{{"pipe", nil, auth.ErrNotSignedIn}, {"terminal", typed, nil}} {
		t.Run(c.name, func(t *testing.T) {
			talking(t, newFake, Options{ReadSecret: c.read}, func(k *talk) {
				k.types("hello", "/quit")
				if err := k.left(); !errors.Is(err, c.want) {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// A connection that ends is no end of the input.
func TestPlainGoesOn(t *testing.T) {
	f := func() *fake {
		f := signedIn()
		f.errs["Prompt"] = fmt.Errorf("the answer broke off: %w", io.EOF)
		return f
	}
	talking(t, f, Options{}, func(k *talk) {
		k.want(k.types("hi"), "Hello\nError: the answer broke off: EOF\n> ")
	})
}

func TestPlainPanics(t *testing.T) {
	talking(t, newFake, Options{}, func(k *talk) {
		err := RunPlain(k.Context(), panicking{k.services}, Options{Input: strings.NewReader(""), Output: k})
		if !errors.Is(err, ErrCrashed) || strings.Contains(k.hears(), "MARK") {
			t.Errorf("ended with %v, said %q", err, k.said.String())
		}
		if !strings.Contains(strings.Join(k.services.logged, ""), "panicking") {
			t.Error("what panicked is not in the log")
		}
	})
}
