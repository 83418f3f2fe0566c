package keyring

import (
	"context"
	"fmt"
	"io"
)

// Backend is a platform's keychain. This package has one for each platform; keyringtest has one that keeps its items in
// files. Its methods are safe for concurrent use.
type Backend interface {
	// Name is the keychain's name for people.
	Name(ctx context.Context) string
	// Limit is the longest payload of one item in bytes; 0 is unlimited. Below 600 the longest values do not fit.
	Limit() int
	// Open connects to the keychain, and gives up when ctx ends. Its errors are made by [Failure].
	Open(ctx context.Context, access Access) (Vault, error)
}

// Access says whether a keychain may prompt a person. A Backend calls its functions only if Attended.
type Access struct {
	Attended  bool   // a person is there; otherwise no prompt may be shown
	OnPrompt  func() // called before a prompt to unlock is shown
	OnConfirm func() // called before a prompt to confirm a deletion is shown, see [Keyring.Tidy]
}

// Vault is an open keychain, which a [Keyring] uses until it closes it. Payloads are printable ASCII; names are valid
// by [ValidName], or such a name with the suffix of a part. Every method ends when ctx does, and is safe for concurrent
// use. A Vault is comparable by ==.
//
// A Vault can have more methods:
//
//	WithAccess(Access) Vault               the same connection for another access
//	All(ctx) (map[string]Item, error)      every item by name, as List and a Get of each would return them
//	Twin(ctx, account) (payload string, found bool, err error)
//	                                       another program's item, which Get and Set ignore
//	Tidy(ctx) error                        delete the items that Delete could only mark without a person
type Vault interface {
	// Get returns an item's payload. An error of class ErrCorrupt concerns this item alone.
	Get(ctx context.Context, name string) (payload string, found bool, err error)
	// Set creates or replaces an item.
	Set(ctx context.Context, name, payload string) error
	// Delete removes an item; a missing one is no error. If the keychain wants a person to confirm and none is there, it
	// stores a payload that marks the item as deleted.
	Delete(ctx context.Context, name string) error
	// List returns the names of all items.
	List(ctx context.Context) (names []string, err error)
	// Name is the keychain's name for people, which may be more precise than the Backend's.
	Name(ctx context.Context) string
	// Close ends the connection. Calls under way may fail.
	Close()
}

// Item is the payload of an item, or the reason why it can't be read. It prints without the payload.
type Item struct {
	Payload string
	Err     error
}

// Format hides the payload, with every verb.
func (Item) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted]") }

// noKeychain is the backend of a platform without a keychain, or of an invalid service. It has the reason.
type noKeychain struct{ why string }

func (noKeychain) Name(context.Context) string { return "none" }

func (noKeychain) Limit() int { return 0 }

func (n noKeychain) Open(context.Context, Access) (Vault, error) {
	return nil, fail(ErrUnavailable, "%s", n.why)
}

// bounded makes a call that takes no context, and returns when ctx ends. The call then continues in its goroutine;
// abandon, which may be nil, makes it fail soon. It turns a panic in the call into errLost.
func bounded(ctx context.Context, abandon func(), call func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- lost(errLost.Error())
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
