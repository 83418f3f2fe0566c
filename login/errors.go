package login

import (
	"errors"
	"strconv"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// The classes of failure, for errors.Is. Every error of this package that
// belongs to one is an [*Error] too. A canceled context is found by
// errors.Is(err, context.Canceled) and has no class of its own.
var (
	// ErrBadOrigin: the account service's address may not be used.
	ErrBadOrigin = errors.New("unusable account service address")
	// ErrInvalidGrant: the code or refresh token is unknown, used, revoked or
	// expired (RFC 6749 section 5.2). Only a new sign-in helps.
	ErrInvalidGrant = errors.New("the grant is no longer valid")
	// ErrRefused: the service or the person said no.
	ErrRefused = errors.New("refused by the account service")
	// ErrRateLimited: try again after Error.RetryAfter.
	ErrRateLimited = errors.New("rate limited by the account service")
	// ErrUnreachable: nothing that could be the service's own answer came back:
	// no network, no TLS, a timeout, a 5xx, a redirect, HTML, half an answer.
	ErrUnreachable = errors.New("no usable answer from the account service")
	// ErrTimeout: the person did not finish the sign-in in time.
	ErrTimeout = errors.New("the sign-in was not finished in time")
	// ErrNoPort: no callback port could be bound, and there is no other way to
	// finish.
	ErrNoPort = errors.New("no callback port is free")
	// ErrSave: the tokens were granted, and [Flow.Save] or the store of a
	// [Client.TokenSource] failed.
	ErrSave = errors.New("the credential could not be stored")
	// ErrBadAnswer: the service answered something that must not be used, such
	// as a token that would break a header, or metadata of another origin.
	ErrBadAnswer = errors.New("unacceptable answer from the account service")
)

// Error is a failed operation. Its text holds no secret and no part of a
// response body but Code and Description.
type Error struct {
	Op   string // "sign in", "refresh" or "revoke"
	Kind error  // one of the classes above; nil where Err is a context's error

	Status      int           // HTTP status; 0 where there was none
	Code        string        // RFC 6749 error code, restricted to its character set
	Description string        // the service's words, made safe to print; may be empty
	RetryAfter  time.Duration // how long the service asks to wait; 0 if it did not say
	Err         error         // the cause, free of secrets; may be nil
}

// Error tells what failed and why, in one line.
func (e *Error) Error() string {
	s := e.Op
	if e.Kind != nil {
		s += ": " + e.Kind.Error()
	}
	switch {
	case e.Code != "":
		s += " (" + e.Code + ")"
	case e.Status != 0:
		s += " (HTTP " + strconv.Itoa(e.Status) + ")"
	}
	switch {
	case e.Description != "":
		s += ": " + e.Description
	case e.Err != nil && e.Kind != ErrTimeout: // a deadline of the caller's adds nothing
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As the class and the cause.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// withOp returns err as an [*Error] of operation op.
func withOp(op string, err error) *Error {
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Op: op, Kind: ErrUnreachable, Err: networkCause(err)}
	}
	c := *e
	c.Op = op
	return &c
}

// networkCause reduces an error of net/http to what is free of secrets and of
// Go's own phrases.
func networkCause(err error) error {
	if errors.Is(err, errBodyTooLarge) {
		return errBodyTooLarge
	}
	return web.Of(err)
}
