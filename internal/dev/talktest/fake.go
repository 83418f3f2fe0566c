// Package talktest has fake services for the tests of the conversation with the app and of its fronts.
package talktest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Fake is [talk.Services] with a memory: what is stored changes what is active. Set the fields before use, or in
// [Fake.Change].
type Fake struct {
	mu      sync.Mutex
	Env     talk.Session // active before Account, if it is signed in
	Account talk.Session
	Errs    map[string]error // by method: it fails

	Prompted talk.SignInPrompt // of SignIn
	Until    time.Time         // the earlier deadline of SignIn, if it is set
	Granted  chan struct{}     // SignIn succeeds when it closes
	Secrets  []auth.Secret     // that were stored
	Pasted   []string
	Stored   talk.Stored // of SignIn and StoreSecret
	Report   talk.SignedOut
	State    string                  // of Status
	Listed   string                  // of Profiles
	Others   map[string]talk.Session // the accounts of other profiles
	Catalog  talk.Models
	Remote   talk.Servers
	Answer   []string            // pieces of an answer
	Asked    []talk.Conversation // by Prompt
	Updates  []talk.RunUpdate
	Broken   error // what Follow fails with after the updates
	Logged   []string

	changed chan struct{}
	calls   []string                 // method names, in order
	held    map[string]chan struct{} // by method: it waits for the channel, or for its context's end
}

var _ talk.Services = (*Fake)(nil)

// Ada is a session in the keychain.
var Ada = talk.Session{
	SignedIn: true, ID: "ada", Provider: auth.Mogplex, Account: "Ada Lovelace <ada@example.test>",
	Source: "keychain (Secret Service)", Service: "https://mogplex.com",
}

// Grace is another session in the keychain.
var Grace = talk.Session{
	SignedIn: true, ID: "grace", Provider: auth.Mogplex, Account: "Grace Hopper <grace@example.test>",
	Source: "keychain (Secret Service)", Service: "https://mogplex.com",
}

// OpenAI is a key in a variable.
var OpenAI = talk.Session{SignedIn: true, ID: "openai", Provider: "openai", Source: "OPENAI_API_KEY", Service: "OpenAI"}

// New returns a fake with nobody signed in.
func New() *Fake {
	return &Fake{
		Errs: map[string]error{}, held: map[string]chan struct{}{}, changed: make(chan struct{}, 1),
		Granted: make(chan struct{}),
		Prompted: talk.SignInPrompt{
			URL:     "https://mogplex.com/api/auth/mcp/authorize?client_id=mogplex-cli&state=" + strings.Repeat("s", 90),
			Opening: true, Listening: true,
		},
		Stored: talk.Stored{Account: Ada.Account, Place: "the keychain (Secret Service)"},
		Report: talk.SignedOut{Lines: []string{"Removed the credential of mogplex from the keychain."}},
		State:  "Signed in as Ada Lovelace <ada@example.test>.",
		Answer: []string{"Hello", ", Ada."},
	}
}

// SignedIn returns a fake with Ada's credential in it.
func SignedIn() *Fake {
	f := New()
	f.Account = Ada
	return f
}

// Change does something to the fake as another process does, and reports the change.
func (f *Fake) Change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// Hold makes a method wait until release is called.
func (f *Fake) Hold(method string) (release func()) {
	gate := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held[method] = gate
	return func() { close(gate) }
}

// enter records a call, waits if the method is held, and fails it if it is to fail.
func (f *Fake) enter(ctx context.Context, method string) error {
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
	return errors.Join(f.Errs[method], ctx.Err())
}

// Called returns how often a method was called.
func (f *Fake) Called(method string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range f.calls {
		if name == method {
			n++
		}
	}
	return n
}

// Session implements [talk.Services].
func (f *Fake) Session(ctx context.Context) (talk.Session, error) {
	if err := f.enter(ctx, "Session"); err != nil {
		return talk.Session{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Env.SignedIn {
		return f.Env, nil
	}
	return f.Account, nil
}

// SignIn implements [talk.Services]. It ends when Granted closes, when an address with a code is pasted, or with its
// context. Held, it waits before it shows the address.
func (f *Fake) SignIn(ctx context.Context, pasted <-chan string, tell func(talk.SignInNews)) (talk.Stored, error) {
	if err := f.enter(ctx, "SignIn"); err != nil {
		return talk.Stored{}, err
	}
	prompt := f.Prompted
	tell(talk.SignInNews{Prompt: &prompt})
	if !f.Until.IsZero() {
		tell(talk.SignInNews{Until: f.Until})
	}
	for {
		select {
		case <-ctx.Done():
			return talk.Stored{}, ctx.Err()
		case <-f.Granted:
			return f.store(Ada), nil
		case address := <-pasted:
			f.mu.Lock()
			f.Pasted = append(f.Pasted, address)
			f.mu.Unlock()
			if strings.Contains(address, "code=") {
				return f.store(Ada), nil
			}
			tell(talk.SignInNews{Reject: &talk.Problem{Text: "This is not the address that the browser ended at.", Hint: "It begins with http://127.0.0.1."}})
		}
	}
}

func (f *Fake) store(s talk.Session) talk.Stored {
	f.Change(func() { f.Account = s })
	return f.Stored
}

// StoreSecret implements [talk.Services].
func (f *Fake) StoreSecret(ctx context.Context, provider string, secret auth.Secret) (talk.Stored, error) {
	if err := f.enter(ctx, "StoreSecret"); err != nil {
		return talk.Stored{}, err
	}
	s := Ada
	if provider != auth.Mogplex {
		s = talk.Session{SignedIn: true, ID: provider, Provider: provider, Source: Ada.Source, Service: provider}
	}
	stored := f.store(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Secrets = append(f.Secrets, secret)
	stored.Account = s.Account
	return stored, nil
}

// SignOut implements [talk.Services].
func (f *Fake) SignOut(ctx context.Context) (talk.SignedOut, error) {
	err := f.enter(ctx, "SignOut")
	f.Change(func() { f.Account = talk.Session{} })
	return f.Report, err
}

// Status implements [talk.Services].
func (f *Fake) Status(ctx context.Context) (string, error) { return f.State, f.enter(ctx, "Status") }

// Profiles implements [talk.Services].
func (f *Fake) Profiles(ctx context.Context) (string, error) {
	return f.Listed, f.enter(ctx, "Profiles")
}

// UseProfile implements [talk.Services].
func (f *Fake) UseProfile(ctx context.Context, name string) error {
	if err := f.enter(ctx, "UseProfile"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Account = f.Others[name]
	f.Account.Profile = name
	return nil
}

// Models implements [talk.Services].
func (f *Fake) Models(ctx context.Context, refresh bool) (talk.Models, error) {
	return f.Catalog, f.enter(ctx, "Models")
}

// Servers implements [talk.Services].
func (f *Fake) Servers(ctx context.Context, refresh bool) (talk.Servers, error) {
	return f.Remote, f.enter(ctx, "Servers")
}

// Prompt implements [talk.Services] with the answer. Held, it waits behind the first piece.
func (f *Fake) Prompt(ctx context.Context, conversation talk.Conversation, say func(string)) error {
	f.mu.Lock()
	f.Asked = append(f.Asked, conversation)
	f.mu.Unlock()
	for i, piece := range f.Answer {
		say(piece)
		if i == 0 {
			if err := f.enter(ctx, "Prompt"); err != nil {
				return err
			}
		}
	}
	if len(f.Answer) == 0 {
		return f.enter(ctx, "Prompt")
	}
	return nil
}

// Follow implements [talk.Services] with the updates. It ends with an update of a run that ended, or with its context.
func (f *Fake) Follow(ctx context.Context, run string, on func(talk.RunUpdate)) error {
	if err := f.enter(ctx, "Follow"); err != nil {
		return err
	}
	for _, update := range f.Updates {
		on(update)
		if update.Run.Ended {
			return nil
		}
	}
	if f.Broken != nil {
		return f.Broken
	}
	<-ctx.Done()
	return ctx.Err()
}

// Changed implements [talk.Services].
func (f *Fake) Changed() <-chan struct{} { return f.changed }

// Problem is an error that explains itself.
type Problem talk.Problem

func (p Problem) Error() string { return p.Text }

// Explain implements [talk.Services].
func (f *Fake) Explain(err error) talk.Problem {
	var p Problem
	switch {
	case errors.As(err, &p):
		return talk.Problem(p)
	case errors.Is(err, context.Canceled):
		return talk.Problem{Text: "Interrupted.", Gone: true}
	}
	return talk.Problem{Text: err.Error()}
}

// LogCommand implements [talk.Services].
func (f *Fake) LogCommand(name string) { f.log("command " + name) }

// LogPanic implements [talk.Services].
func (f *Fake) LogPanic(value any, callers []uintptr) {
	line := fmt.Sprint("panic ", value)
	for frames, more := runtime.CallersFrames(callers), true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		line += "\n" + frame.Function
	}
	f.log(line)
}

func (f *Fake) log(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Logged = append(f.Logged, line)
}
