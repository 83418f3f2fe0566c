// Package web is shared by the HTTP clients of this module: the error of a failed request and its classes.
//
// Before an error of package net, of TLS, of a context or of a body is shown, [Cause] puts it into plain words. [Message]
// cleans a service's own error message, and [RetryAfter] reads how long the service asks to wait.
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
	// ErrForbidden: the token is valid, but not for this request.
	ErrForbidden = errors.New("the service does not allow this account to do that")
	// ErrNotFound: the service does not know the requested name.
	ErrNotFound = errors.New("the service has nothing by that name")
	// ErrRateLimited: the same request may succeed after [Error.RetryAfter].
	ErrRateLimited = errors.New("the service asks to wait")
	// ErrUnreachable: no connection, no answer in time, 5xx, or an answer that does not come from the service. The same
	// request may succeed later.
	ErrUnreachable = errors.New("no usable answer from the service")
)

// The causes of ErrUnreachable that the reader of an answer finds.
var (
	// ErrTooLarge: the answer is longer than its reader allows.
	ErrTooLarge = errors.New("the answer is too large")
	// ErrForeign: the answer does not have the form of the service's API.
	ErrForeign = errors.New("something other than the service answered, such as a proxy or the sign-in page of a network")
)

// Error is a failed request. Its text holds no secret, and nothing of the answer but Message.
type Error struct {
	Kind       error         // its class: one of this package, or of the package that made the request
	Status     int           // HTTP status; 0 without an answer
	RetryAfter time.Duration // how long the service asks to wait, up to an hour; 0 if it does not say
	Message    string        // the service's message, cleaned by [Message]; may be empty
	Err        error         // the cause, free of secrets; may be nil
}

// Error returns the class and the most useful detail, in one line.
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

// Temporary reports whether the same request may succeed later, because the service is out of reach or asks to wait. Such
// a failure does not mean that the credential is invalid.
func Temporary(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrRateLimited)
}

// ReadBody reads a body of at most limit bytes. A longer one is [ErrTooLarge].
func ReadBody(body io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, ErrTooLarge
	}
	return text, err
}

// VisibleASCII reports whether s is one non-empty word of printable ASCII, as a token in a header must be.
func VisibleASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
