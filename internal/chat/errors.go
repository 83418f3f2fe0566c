package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Failures of a call, for errors.Is.
var (
	// ErrUnauthorized: the service does not accept the token.
	ErrUnauthorized = errors.New("the service does not accept the credential")
	// ErrRedirected: the call was sent on to another page, such as the login
	// page. The account service does so with the tokens of browser sign-ins; a
	// personal access token (mogplex login --with-token) works.
	ErrRedirected = errors.New("the service does not take this kind of sign-in for prompts")
	// ErrNoModel: the account has no model to answer with.
	ErrNoModel = errors.New("the account has no access to a model")
	// ErrForbidden: the token is good, and may not do this.
	ErrForbidden = errors.New("the service does not allow this account to do that")
	// ErrRefused: the service will not answer this request, such as one for a
	// model it does not know.
	ErrRefused = errors.New("the service refused the prompt")
	// ErrRateLimited: try again after Error.RetryAfter.
	ErrRateLimited = errors.New("the service asks to wait")
	// ErrUnreachable: no connection, no answer in time, 5xx, or an answer that
	// can't be the service's. After Error.RetryAfter it may be over.
	ErrUnreachable = errors.New("no usable answer from the service")
	// ErrCut: the answer began, and ended before its end.
	ErrCut = errors.New("the answer was cut off")
)

var (
	errAddress  = errors.New("its address can't be used")
	errToken    = errors.New("it has characters that no token may have, or none at all")
	errStranger = errors.New("something else than the service answered")
	errStalled  = errors.New("nothing came for too long")
	errEndless  = errors.New("the answer took too long")
)

// Error is a failed call. Its text holds neither the token nor the conversation.
type Error struct {
	Kind       error         // one of the classes above
	Status     int           // HTTP status; 0 without an answer
	RetryAfter time.Duration // how long the service asks to wait, up to an hour; 0 if it did not say
	Message    string        // the service's words: one printable line of at most 200 characters; may be empty
	Err        error         // the cause, free of secrets; may be nil
}

// Error tells what failed and why, in one line.
func (e *Error) Error() string {
	text := e.Kind.Error()
	switch {
	case e.Message != "":
		text += ": " + e.Message
	case e.Err != nil:
		text += ": " + e.Err.Error()
	case e.Status != 0 && e.Status != http.StatusOK:
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	return text
}

// Unwrap gives the class and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// failures makes errors of a call. It knows what they must not repeat.
type failures struct {
	token string
	said  []Message
}

// answer reads an answer that is no success.
func (f failures) answer(resp *http.Response) error {
	failed := &Error{Status: resp.StatusCode, RetryAfter: web.RetryAfter(resp.Header, time.Now())}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, errorLimit)) // half a message is none
	failed.Message = f.bodyMessage(body)
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

// notAStream reads an answer of status 200 that does not stream.
func (f failures) notAStream(resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, errorLimit))
	if message := f.bodyMessage(body); message != "" {
		return &Error{Kind: ErrCut, Status: resp.StatusCode, Message: message}
	}
	return &Error{Kind: ErrUnreachable, Status: resp.StatusCode, Err: errStranger}
}

func (f failures) cut(err error) error { return &Error{Kind: ErrCut, Status: http.StatusOK, Err: err} }

// bodyMessage is the message of {"error": …}, or of a list of one of those, which
// is how Google answers.
func (f failures) bodyMessage(body []byte) string {
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
	if text := f.message(one.Error); text != "" {
		return text
	}
	return f.message(one.Message)
}

// message makes the service's words fit to show: a string, or an object with a
// message.
func (f failures) message(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		var object struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(raw, &object) // what is neither has no message
		text = object.Message
	}
	for _, m := range f.said {
		if len(m.Content) >= 12 && strings.Contains(text, m.Content) {
			return ""
		}
	}
	return web.Message(text, f.token)
}

// cause names the failure of a connection, whose context may be over because of
// a limit of this package.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); errors.Is(why, errStalled) || errors.Is(why, errEndless) {
		return why
	}
	return web.Of(err)
}
