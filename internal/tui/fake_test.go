package tui

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// fake is Services with a memory: what is stored changes what is in force. Set
// the fields before use, or under change.
type fake struct {
	mu       sync.Mutex
	env      Session // in force before account, where it is signed in
	account  Session
	errs     map[string]error         // by method: it fails
	held     map[string]chan struct{} // by method: it waits for the channel, or its context's end
	calls    []string                 // method names, in order
	logged   []string
	changed  chan struct{}
	prompt   SignInPrompt  // of SignIn
	until    time.Time     // the earlier deadline of SignIn, if it is set
	granted  chan struct{} // SignIn ends well when it closes
	stored   Stored        // of SignIn and StoreSecret
	secrets  []auth.Secret // that were stored
	pasted   []string
	report   SignedOut
	status   string
	models   Models
	servers  Servers
	answer   []string       // pieces of an answer
	asked    []Conversation // by Prompt
	updates  []RunUpdate
	followed []string
	broken   error // what Follow fails with after the updates
}

var ada = Session{
	SignedIn: true, ID: "ada", Provider: auth.Mogplex, Account: "Ada Lovelace <ada@example.test>",
	Source: "keychain (Secret Service)", Service: "https://mogplex.com",
}

func newFake() *fake {
	return &fake{
		errs: map[string]error{}, held: map[string]chan struct{}{}, changed: make(chan struct{}, 1),
		granted: make(chan struct{}),
		prompt: SignInPrompt{
			URL:     "https://mogplex.com/api/auth/mcp/authorize?client_id=mogplex-cli&state=" + strings.Repeat("s", 90),
			Opening: true, Listening: true,
		},
		stored: Stored{Account: ada.Account, Place: "the keychain (Secret Service)"},
		report: SignedOut{Lines: []string{"Removed the credential of mogplex from the keychain."}},
		status: "Signed in as Ada Lovelace <ada@example.test>.",
		answer: []string{"Hello", ", Ada."},
	}
}

// signedIn is a fake with Ada's credential in it.
func signedIn() *fake {
	f := newFake()
	f.account = ada
	return f
}

// change does something to the fake as another process does, and tells it.
func (f *fake) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// hold makes a method wait until release is called.
func (f *fake) hold(method string) (release func()) {
	gate := make(chan struct{})
	f.held[method] = gate
	return func() { close(gate) }
}

// enter records a call, waits where the method is held, and fails it where it
// is to fail.
func (f *fake) enter(ctx context.Context, method string) error {
	f.mu.Lock()
	f.calls = append(f.calls, method)
	gate := f.held[method]
	f.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.errs[method], ctx.Err())
}

// called is how often a method was called.
func (f *fake) called(method string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range f.calls {
		if name == method {
			n++
		}
	}
	return n
}

func (f *fake) Session(ctx context.Context) (Session, error) {
	if err := f.enter(ctx, "Session"); err != nil {
		return Session{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.env.SignedIn {
		return f.env, nil
	}
	return f.account, nil
}

// SignIn ends when granted closes, when an address with a code is pasted, or
// with its context. Held, it waits before it shows the address.
func (f *fake) SignIn(ctx context.Context, flow SignIn) (Stored, error) {
	if err := f.enter(ctx, "SignIn"); err != nil {
		return Stored{}, err
	}
	flow.Show(f.prompt)
	if !f.until.IsZero() {
		flow.Until(f.until)
	}
	for {
		select {
		case <-ctx.Done():
			return Stored{}, ctx.Err()
		case <-f.granted:
			return f.store(ada), nil
		case address := <-flow.Pasted:
			f.mu.Lock()
			f.pasted = append(f.pasted, address)
			f.mu.Unlock()
			if strings.Contains(address, "code=") {
				return f.store(ada), nil
			}
			flow.Reject(Problem{Text: "This is not the address that the browser ended at.", Hint: "It begins with http://127.0.0.1."})
		}
	}
}

func (f *fake) store(s Session) Stored {
	f.change(func() { f.account = s })
	return f.stored
}

func (f *fake) StoreSecret(ctx context.Context, provider string, secret auth.Secret) (Stored, error) {
	if err := f.enter(ctx, "StoreSecret"); err != nil {
		return Stored{}, err
	}
	s := ada
	if provider != auth.Mogplex {
		s = Session{SignedIn: true, ID: provider, Provider: provider, Source: ada.Source, Service: provider}
	}
	stored := f.store(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.secrets = append(f.secrets, secret)
	stored.Account = s.Account
	return stored, nil
}

func (f *fake) SignOut(ctx context.Context) (SignedOut, error) {
	err := f.enter(ctx, "SignOut")
	f.change(func() { f.account = Session{} })
	return f.report, err
}

func (f *fake) Status(ctx context.Context) (string, error) {
	return f.status, f.enter(ctx, "Status")
}

func (f *fake) Models(ctx context.Context, refresh bool) (Models, error) {
	return f.models, f.enter(ctx, "Models")
}

func (f *fake) Servers(ctx context.Context, refresh bool) (Servers, error) {
	return f.servers, f.enter(ctx, "Servers")
}

// Prompt says the answer. Held, it waits behind the first piece.
func (f *fake) Prompt(ctx context.Context, conversation Conversation, say func(string)) error {
	f.mu.Lock()
	f.asked = append(f.asked, conversation)
	f.mu.Unlock()
	for i, piece := range f.answer {
		say(piece)
		if i == 0 {
			if err := f.enter(ctx, "Prompt"); err != nil {
				return err
			}
		}
	}
	if len(f.answer) == 0 {
		return f.enter(ctx, "Prompt")
	}
	return nil
}

// Follow tells the updates. It ends with an update of a run that ended, or with
// its context.
func (f *fake) Follow(ctx context.Context, run string, on func(RunUpdate)) error {
	if err := f.enter(ctx, "Follow"); err != nil {
		return err
	}
	f.mu.Lock()
	f.followed = append(f.followed, run)
	f.mu.Unlock()
	for _, update := range f.updates {
		on(update)
		if update.Run.Ended {
			return nil
		}
	}
	if f.broken != nil {
		return f.broken
	}
	<-ctx.Done()
	return ctx.Err()
}

func (f *fake) Changed() <-chan struct{} { return f.changed }

// problem is an error that explains itself.
type problem Problem

func (p problem) Error() string { return p.Text }

func (f *fake) Explain(err error) Problem {
	var p problem
	switch {
	case errors.As(err, &p):
		return Problem(p)
	case errors.Is(err, context.Canceled):
		return Problem{Text: "Interrupted.", Gone: true}
	}
	return Problem{Text: err.Error()}
}

func (f *fake) LogCommand(name string) { f.logs("command " + name) }

func (f *fake) LogPanic(value any, callers []uintptr) {
	text := fmt.Sprint("panic ", value)
	for frames, more := runtime.CallersFrames(callers), true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		text += "\n" + frame.Function
	}
	f.logs(text)
}

func (f *fake) logs(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logged = append(f.logged, line)
}
