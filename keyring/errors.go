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
	// ErrUnavailable: no keychain can be reached.
	ErrUnavailable = errors.New("no keychain can be reached")
	// ErrCorrupt: our item's content is not the stored value.
	ErrCorrupt = errors.New("the keychain item is damaged")
	// ErrChanged: another program wrote the item at the same time, and later.
	ErrChanged = errors.New("another program changed the keychain item at the same time")
)

// Error is a failed operation on a keychain.
//
// Only the class is in its error chain, not the platform's error: that of a missing D-Bus socket satisfies
// errors.Is(err, fs.ErrNotExist), which a caller could mistake for "nothing stored".
type Error struct {
	Op     string // "read", "store", "delete" or "list"; empty in an error of a Backend
	Kind   error  // one of the classes above
	Detail string // what the platform reported, in words for people; may be empty
	cause  error  // one of the causes below, which this package handles; may be nil
}

// Error leaves out Op, which the caller names.
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

// Failure returns an error of the given class, for a [Backend] outside this package.
func Failure(kind error, detail string) error { return fail(kind, "%s", detail) }

func fail(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// Causes that this package handles.
var (
	// errLost: the provider ended or was replaced during the call.
	errLost = errors.New("the connection to the keychain was lost")
	// errDismissed: a person dismissed the unlock prompt.
	errDismissed = errors.New("the unlock prompt was dismissed")
	// errNoObject: an item was removed between finding and reading it.
	errNoObject = errors.New("the item was removed during the call")
)

func lost(detail string) error { return &Error{Kind: ErrUnavailable, Detail: detail, cause: errLost} }

// describe adds the operation to an error. An error without a class becomes ErrUnavailable. If waited is not 0, the text
// of an ErrTimeout names it.
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
