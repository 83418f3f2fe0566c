package keyring

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Backend is what a Keyring needs of a platform. The platforms' own are in
// this package; keyringtest has one that keeps its items in files.
type Backend interface {
	// Name is the backend's name for people.
	Name(ctx context.Context) string
	// Limit is the longest payload in bytes that one item holds; 0 is no limit.
	// Below 342 the longest values are refused.
	Limit() int
	// Open looks before it leaps: it returns an error of one of this package's
	// classes where the keychain can't be used now, and a Vault where it can.
	Open(ctx context.Context, access Access) (Vault, error)
}

// Access says whether a keychain may ask a person to unlock it.
type Access struct {
	Attended bool   // a person is there; else a prompt must not be shown
	OnPrompt func() // to be called before a prompt is waited for; may be nil
}

// Vault is a keychain opened for one operation. Payloads are printable ASCII.
// Every method ends when ctx does.
type Vault interface {
	Get(ctx context.Context, account string) (payload string, found bool, err error)
	Set(ctx context.Context, account, payload string) error
	// Delete removes the item. That it is absent is no error.
	Delete(ctx context.Context, account string) error
	List(ctx context.Context) (accounts []string, err error)
	Close()
}

// noKeychain stands where there is none, and says why.
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

// maxName leaves room for a part's suffix within Windows' limits.
const maxName = 120

// ValidName says whether a service or account name is kept unchanged by every
// platform: 1 to 120 of a-z 0-9 . _ -, beginning with a letter or a digit, no
// two dots in a row. Other characters are an injected command to macOS'
// security, or fold into another name on Windows.
func ValidName(name string) error {
	switch {
	case name == "" || len(name) > maxName:
		return fmt.Errorf("a keychain name has 1 to %d characters", maxName)
	case strings.Contains(name, ".."):
		return errors.New("a keychain name has no two dots in a row")
	case strings.ContainsRune("._-", rune(name[0])):
		return errors.New("a keychain name begins with a letter or a digit")
	}
	for _, c := range []byte(name) {
		if !isNameByte(c) {
			return errors.New("a keychain name has only a-z, 0-9, dot, dash and underscore")
		}
	}
	return nil
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

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
