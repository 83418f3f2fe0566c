package chat

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Error is a failed call. Its text holds neither the token nor the conversation.
type Error = web.Error

// The classes of a failed call, for errors.Is. What helps against a failed prompt differs from what helps against another
// failed request, so these are classes of their own; those that package web has too are found as both.
var (
	// ErrUnauthorized: the service does not accept the token.
	ErrUnauthorized error = &class{web.ErrUnauthorized}
	// ErrForbidden: the token is good, and may not do this.
	ErrForbidden error = &class{web.ErrForbidden}
	// ErrRateLimited: retry after Error.RetryAfter.
	ErrRateLimited error = &class{web.ErrRateLimited}
	// ErrUnreachable: no connection, no answer in time, 5xx, or an answer that can't be the service's.
	ErrUnreachable error = &class{web.ErrUnreachable}
	// ErrRedirected: the service sent the call on to another page, such as its login page. The account service does so
	// with the tokens of browser sign-ins; a personal access token (mogplex login --with-token) works.
	ErrRedirected = errors.New("the service does not accept this kind of sign-in for prompts")
	// ErrNoModel: the account has no model to answer with.
	ErrNoModel = errors.New("the account has no access to a model")
	// ErrRefused: the service does not answer this request, such as one for a model that it does not know.
	ErrRefused = errors.New("the service refused the prompt")
	// ErrCut: the answer began, and ended before its end.
	ErrCut = errors.New("the answer was cut off")
)

// class is a class of package web under another name.
type class struct{ error }

func (c *class) Unwrap() error { return c.error }

var (
	errAddress = errors.New("its address can't be used")
	errToken   = errors.New("it is empty or has characters that no token may have")
	errStalled = errors.New("the service sent nothing for too long")
	errEndless = errors.New("the answer took too long")
)

// failures makes the errors of a call. It knows what they must not repeat.
type failures struct {
	token    string
	messages []Message
}

// answer reads an answer with another status than 200.
func (f failures) answer(resp *http.Response) error {
	failed := &Error{Status: resp.StatusCode, RetryAfter: web.RetryAfter(resp.Header, time.Now()), Message: f.bodyMessage(resp)}
	switch code := resp.StatusCode; {
	case code >= 300 && code < 400:
		failed.Kind, failed.Message = ErrRedirected, ""
	case code == http.StatusUnauthorized:
		failed.Kind, failed.Message = ErrUnauthorized, "" // providers repeat parts of the key here
	case code == http.StatusBadRequest && strings.Contains(strings.ToLower(failed.Message), "no enabled model"):
		failed.Kind = ErrNoModel
	case code == http.StatusForbidden:
		failed.Kind = ErrForbidden
	case code == http.StatusTooManyRequests:
		failed.Kind = ErrRateLimited
	case code >= 400 && code < 500 && code != http.StatusRequestTimeout:
		failed.Kind = ErrRefused
	default:
		failed.Kind = ErrUnreachable
	}
	return failed
}

// notAStream reads an answer with status 200 that is not a stream.
func (f failures) notAStream(resp *http.Response) error {
	if message := f.bodyMessage(resp); message != "" {
		return &Error{Kind: ErrCut, Status: resp.StatusCode, Message: message}
	}
	return foreign()
}

// foreign returns the error for an answer with status 200 that does not have the form of the API.
func foreign() *Error {
	return &Error{Kind: ErrUnreachable, Status: http.StatusOK, Err: web.ErrForeign}
}

func cut(err error) error { return &Error{Kind: ErrCut, Status: http.StatusOK, Err: err} }

// bodyMessage returns the message of {"error": …}, {"message": …}, or a list of one of those, which is how Google answers.
// It is empty for a body that can't be read to its end or is longer than errorLimit.
func (f failures) bodyMessage(resp *http.Response) string {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, errorLimit))
	type failure struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
	}
	var one failure
	var list []failure
	if json.Unmarshal(body, &list) == nil && len(list) > 0 {
		one = list[0]
	} else if json.Unmarshal(body, &one) != nil {
		return ""
	}
	if message := f.message(one.Error); message != "" {
		return message
	}
	return f.message(one.Message)
}

// message returns what the service says, a string or an object with a message, unless it repeats the conversation.
func (f failures) message(raw json.RawMessage) string {
	var said string
	if json.Unmarshal(raw, &said) != nil {
		var object struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(raw, &object) // it stays empty for any other value
		said = object.Message
	}
	for _, m := range f.messages {
		if len(m.Content) >= 12 && strings.Contains(said, m.Content) {
			return ""
		}
	}
	return web.Message(said, f.token)
}

// cause returns why a connection under ctx failed, which may be a limit of this package.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); errors.Is(why, errStalled) || errors.Is(why, errEndless) {
		return why
	}
	return web.Cause(err)
}
