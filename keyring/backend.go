package keyring

import (
	"context"
	"errors"
	"os"
	"runtime"
)

// Backend is what a Keyring needs of a platform. The platforms' own are in
// this package; keyringtest has one that keeps its items in files.
type Backend interface {
	// Name is the backend's name for people.
	Name(ctx context.Context) string
	// Limit is the longest payload in bytes that one item holds; 0 is no limit.
	// Below 600 the longest values are refused.
	Limit() int
	// Open connects to the keychain. It returns an error of one of this
	// package's classes if there is none to be reached.
	Open(ctx context.Context, access Access) (Vault, error)
}

// Access says whether a keychain may ask a person to unlock it.
type Access struct {
	Attended bool   // a person is there; else a prompt must not be shown
	OnPrompt func() // to be called before a prompt to unlock is waited for; may be nil
	// OnConfirm is the same for a prompt to confirm a deletion; see [Keyring.Tidy].
	OnConfirm func()
}

// Vault is an open keychain, which a [Keyring] uses until it is closed. Payloads are printable ASCII, names are valid
// by [ValidName] or those of parts. Every method ends when ctx does, and is safe for concurrent use.
//
// A Vault can have more, by these methods:
//
//	Name(ctx) string              as Backend's, on the open connection
//	WithAccess(Access) Vault      the same connection for another access
//	All(ctx) (payloads map[string]string, unreadable map[string]error, err error)
//	                              what List and a Get of each return, at once
//	Twin(ctx, account) (payload string, found bool, err error)
//	                              another program's item; its Get and Set ignore those
//	Tidy(ctx) error               delete what Delete could only empty without a person
type Vault interface {
	Get(ctx context.Context, name string) (payload string, found bool, err error)
	Set(ctx context.Context, name, payload string) error
	// Delete removes the item, or has it hold a payload that stands for nothing
	// if the keychain wants a person for it and none is there. That the item is
	// absent is no error.
	Delete(ctx context.Context, name string) error
	List(ctx context.Context) (names []string, err error)
	Close()
}

// PromptBlocked returns why no prompt of the keychain could reach the person at this process' terminal, in words for
// people; "" if one could. A prompt is a window of the machine's own desktop.
func PromptBlocked() string {
	switch {
	case os.Getenv("SSH_CONNECTION") != "" || os.Getenv("SSH_TTY") != "":
		return "over SSH it can't ask for its password; unlock it at the machine's own desktop"
	case runtime.GOOS == "darwin" || runtime.GOOS == "windows":
		return ""
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return "there is no display on which it could ask for its password"
	}
	return ""
}

// noKeychain is the backend if there is none, with the reason.
type noKeychain struct{ why string }

func (noKeychain) Name(context.Context) string { return "none" }

func (noKeychain) Limit() int { return 0 }

func (n noKeychain) Open(context.Context, Access) (Vault, error) {
	return nil, fail(ErrUnavailable, "%s", n.why)
}

// Failures that this package handles by themselves.
var (
	// errLost: the provider died or was replaced in mid-call.
	errLost = errors.New("the keychain went away in mid-call")
	// errDismissed: a person took away the unlock prompt.
	errDismissed = errors.New("the unlock prompt was dismissed")
	// errNoObject: an item was removed between finding and reading it.
	errNoObject = errors.New("the item went away in mid-call")
)

// bounded runs a call that knows no context, and stops waiting for it when ctx
// ends. A call given up on goes on by itself; abandon, where not nil, makes it
// fail soon. A panic in it is an error here.
func bounded(ctx context.Context, abandon func(), call func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- &Error{Kind: ErrUnavailable, Detail: errLost.Error(), cause: errLost}
			}
		}()
		done <- call()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		if abandon != nil {
			abandon()
		}
		return ctx.Err()
	}
}
