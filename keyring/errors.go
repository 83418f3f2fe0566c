package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The classes of failure. An [*Error] is exactly one of them.
var (
	// ErrLocked: the keychain is locked and nobody unlocked it.
	ErrLocked = errors.New("the keychain is locked")
	// ErrDenied: the keychain or the person refused.
	ErrDenied = errors.New("the keychain refused access")
	// ErrTimeout: no answer within the time limit.
	ErrTimeout = errors.New("the keychain did not answer in time")
	// ErrUnavailable: there is no keychain to be reached here.
	ErrUnavailable = errors.New("no keychain can be reached")
	// ErrCorrupt: an item of ours is there and can't be what was stored.
	ErrCorrupt = errors.New("the keychain item is damaged")
	// ErrChanged: another program wrote the item at the same time, and later.
	ErrChanged = errors.New("another program changed the keychain item at the same time")
)

// Error is a failed operation on a keychain.
//
// Only the class is in its error chain, not the cause: the cause of a missing
// D-Bus socket satisfies errors.Is(err, fs.ErrNotExist), which a caller could
// take for "nothing stored".
type Error struct {
	Op     string // "read", "store", "delete" or "list"; empty below Keyring
	Kind   error  // one of the classes above
	Detail string // what the platform said, in words for people; may be empty
	cause  error  // errLost or errNoObject, for this package alone
}

// Error leaves out Op, which the caller knows and names.
func (e *Error) Error() string {
	msg := e.Kind.Error()
	if e.Detail != "" {
		msg += ": " + e.Detail
	}
	return msg
}

// Is matches the class.
func (e *Error) Is(target error) bool {
	return target == e.Kind || e.cause != nil && target == e.cause
}

// fail makes a classed error for a backend or a codec to return.
func fail(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// Failure makes an error of the given class, for backends outside this package.
func Failure(kind error, detail string) error { return fail(kind, "%s", detail) }

// describe gives an operation's error its class and name. What a backend did
// not class is taken for a keychain that can't be reached. waited is told of a
// time limit where it is not 0.
func describe(op string, err error, waited time.Duration) error {
	var e *Error
	var own callersError
	switch {
	case errors.As(err, &own):
		return err
	case errors.As(err, &e):
		named := *e
		named.Op = op
		return &named
	case errors.Is(err, context.DeadlineExceeded):
		timeout := &Error{Op: op, Kind: ErrTimeout}
		if waited > 0 {
			timeout.Detail = "waited " + waited.String()
		}
		return timeout
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s in the keychain: %w", op, err)
	}
	return &Error{Op: op, Kind: ErrUnavailable, Detail: err.Error()}
}
