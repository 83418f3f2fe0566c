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

// The classes of a failed call, for errors.Is. They are distinct from those of package web because the hints for a failed
// prompt differ; errors.Is finds the first four as the class of package web, too.
var (
	// ErrUnauthorized: the service does not accept the token.
	ErrUnauthorized error = &class{web.ErrUnauthorized}
	// ErrForbidden: the token is valid, but not for this request.
	ErrForbidden error = &class{web.ErrForbidden}
	// ErrRateLimited: retry after Error.RetryAfter.
	ErrRateLimited error = &class{web.ErrRateLimited}
	// ErrUnreachable: no connection, no answer in time, 5xx, or an answer that does not come from the service.
	ErrUnreachable error = &class{web.ErrUnreachable}
	// ErrRedirected: the service redirected the call, for example to its login page. The account service does so for
	// tokens of a browser sign-in; a personal access token (mogplex login --with-token) works.
	ErrRedirected = errors.New("the service does not accept this kind of sign-in for prompts")
	// ErrNoModel: no model is enabled for the account.
	ErrNoModel = errors.New("the account has no access to a model")
	// ErrRefused: the service refuses this request, such as one for an unknown model.
	ErrRefused = errors.New("the service refused the prompt")
	// ErrCut: the answer began, but is incomplete.
	ErrCut = errors.New("the answer was cut off")
)

// class is a distinct error that errors.Is also finds as a class of package web.
type class struct{ error }

func (c *class) Unwrap() error { return c.error }

var (
	errAddress = errors.New("its address can't be used")
	errToken   = errors.New("it is empty or has characters that no token may have")
	errStalled = errors.New("the service sent nothing for too long")
	errEndless = errors.New("the answer took too long")
)

// failures creates the errors of a call, which must not repeat its fields.
type failures struct {
	token    string
	messages []Message
}

// answer returns the error of an answer whose status is not 200.
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

// notAStream returns the error of an answer with status 200 that is not a stream.
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

// message returns the service's message, a string or an object with a message, or "" if it repeats the conversation.
func (f failures) message(raw json.RawMessage) string {
	var said string
	if json.Unmarshal(raw, &said) != nil {
		var object struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(raw, &object) // leaves object empty for any other value
		said = object.Message
	}
	for _, m := range f.messages {
		if len(m.Content) >= 12 && strings.Contains(said, m.Content) {
			return ""
		}
	}
	return web.Message(said, f.token)
}

// cause returns why a connection failed: a limit of this package that ended ctx, or err.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); errors.Is(why, errStalled) || errors.Is(why, errEndless) {
		return why
	}
	return web.Cause(err)
}
