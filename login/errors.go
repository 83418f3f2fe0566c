package login

import (
	"errors"
	"strconv"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// The classes of failure, for errors.Is. Every error with a class is an [*Error]. The error of a canceled context has no
// class; errors.Is(err, context.Canceled) finds it.
var (
	// ErrBadOrigin: the account service's address may not be used.
	ErrBadOrigin = errors.New("unusable account service address")
	// ErrInvalidGrant: the code or refresh token is unknown, used, revoked or expired (RFC 6749 section 5.2). Only a new
	// sign-in helps.
	ErrInvalidGrant = errors.New("the grant is no longer valid")
	// ErrRefused: the service or the person denied the request.
	ErrRefused = errors.New("refused by the account service")
	// ErrRateLimited: retry after Error.RetryAfter.
	ErrRateLimited = web.ErrRateLimited
	// ErrUnreachable: no usable answer from the service: no network, no TLS, a timeout, a 5xx, a redirect, HTML, half an
	// answer.
	ErrUnreachable = web.ErrUnreachable
	// ErrTimeout: the person did not finish the sign-in in time.
	ErrTimeout = errors.New("not finished in time")
	// ErrNoPort: no callback port could be bound, and there is no other way to finish.
	ErrNoPort = errors.New("no callback port is free")
	// ErrNoDevice: [Flow.RequireDevice] is set, and the service does not offer the device grant.
	ErrNoDevice = errors.New("the service offers no code for another device")
	// ErrSave: the tokens were granted, and [Flow.Save] or the store of a [Client.TokenSource] failed.
	ErrSave = errors.New("the credential could not be stored")
	// ErrNoMetadata: the service publishes no usable metadata, and [Client.RequireMetadata] is set.
	ErrNoMetadata = errors.New("no usable OAuth metadata")
	// ErrBadAnswer: the service answered something that must not be used, such as a token that would break a header, or
	// metadata of another origin.
	ErrBadAnswer = errors.New("unacceptable answer from the account service")
)

// Error is a failed operation. Its text holds no secret, and nothing of a response body but Code and Description.
type Error struct {
	Op   string // "sign in", "refresh", "revoke" or "check origin"
	Kind error  // one of the classes above; nil if Err is a context's error

	Status      int           // HTTP status; 0 if there was none
	Code        string        // RFC 6749 error code, restricted to its character set
	Description string        // error_description, made safe to print; may be empty
	RetryAfter  time.Duration // how long the service asks to wait; 0 if it does not say
	Err         error         // the cause, free of secrets; may be nil
}

// Error returns the operation, the class and the most useful detail, in one line.
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
	case e.Err != nil && e.Kind != ErrTimeout: // the caller's deadline adds nothing
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the class and the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// As lets errors.As find an error of class [ErrRateLimited] or [ErrUnreachable] as a [*web.Error], which the other HTTP
// clients of this module return.
func (e *Error) As(target any) bool {
	failed, ok := target.(**web.Error)
	if ok = ok && web.Temporary(e.Kind); ok {
		*failed = &web.Error{Kind: e.Kind, Status: e.Status, RetryAfter: e.RetryAfter, Message: e.Description, Err: e.Err}
	}
	return ok
}

// withOp returns err as an [*Error] of operation op.
func withOp(op string, err error) *Error {
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Op: op, Kind: ErrUnreachable, Err: web.Cause(err)}
	}
	c := *e
	c.Op = op
	return &c
}
