// Package web has what every HTTP client of ours needs: one type for a request that failed, its classes, and what to
// say about it.
//
// An error of package net, of TLS, of a context or of a body becomes plain words by [Of] before it is shown anywhere. What
// a service says in an answer is shown by [Message] alone, and how long it asks to wait is read by [RetryAfter].
package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The classes of failure that all services have, for errors.Is.
var (
	// ErrUnauthorized: the service does not accept the token.
	ErrUnauthorized = errors.New("the service does not accept the credential")
	// ErrForbidden: the token is good, and may not do this.
	ErrForbidden = errors.New("the service does not allow this account to do that")
	// ErrNotFound: the service answers that it has no such thing.
	ErrNotFound = errors.New("the service has nothing by that name")
	// ErrRateLimited: the same request may succeed after [Error.RetryAfter].
	ErrRateLimited = errors.New("the service asks to wait")
	// ErrUnreachable: no connection, no answer in time, 5xx, or an answer that can't be the service's. The same request
	// may succeed later.
	ErrUnreachable = errors.New("no usable answer from the service")
)

// The causes of ErrUnreachable that only the reader of an answer can know.
var (
	// ErrTooLarge: the answer is longer than its reader allows.
	ErrTooLarge = errors.New("the answer is too large")
	// ErrForeign: the answer does not have the service's form.
	ErrForeign = errors.New("something other than the service answered, such as a proxy or the sign-in page of a network")
)

// Error is a request that failed. Its text holds no secret, and of an answer only Message.
type Error struct {
	Kind       error         // its class: one of this package, or of the package that made the request
	Status     int           // HTTP status; 0 without an answer
	RetryAfter time.Duration // how long the service asks to wait, up to an hour; 0 if it does not say
	Message    string        // what the service says, see [Message]; may be empty
	Err        error         // the cause, free of secrets; may be nil
}

// Error says what failed and why, in one line.
func (e *Error) Error() string {
	switch {
	case e.Message != "":
		return fmt.Sprintf("%v: %s", e.Kind, e.Message)
	case e.Err != nil:
		return fmt.Sprintf("%v: %v", e.Kind, e.Err)
	case e.RetryAfter > 0 && errors.Is(e.Kind, ErrRateLimited):
		return fmt.Sprintf("%v %s", e.Kind, e.RetryAfter)
	case e.Status > 0 && e.Status != http.StatusOK:
		return fmt.Sprintf("%v (HTTP %d)", e.Kind, e.Status)
	}
	return e.Kind.Error()
}

// Unwrap returns the class and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Passes reports whether the same request may succeed later: the service is out of reach, or asks to wait. It says nothing
// about the credential.
func Passes(err error) bool { return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrRateLimited) }

// ReadBody reads a body of at most limit bytes. A longer one is [ErrTooLarge].
func ReadBody(body io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, ErrTooLarge
	}
	return text, err
}

// VisibleASCII reports whether s is one non-empty word of printable ASCII, which is what a token has to be to fit a header.
func VisibleASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
