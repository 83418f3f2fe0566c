// Package hosted talks to the account service's API and keeps what it serves
// on disk.
//
// [Catalog] serves the models and MCP definitions of one account, from the
// service or from the copies that it keeps. [Follower] tells what happens in a
// run. [Client] is the single calls: [Client.Check] asks whether a token is
// accepted. [Clear] removes the hosted state that a sign-in brought.
package hosted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Failures of a call, for errors.Is.
var (
	ErrUnauthorized = errors.New("the service does not accept the credential") // 401, or a redirect to its login page
	ErrForbidden    = errors.New("the service does not allow this account to do that")
	ErrNotFound     = errors.New("the service has nothing of that name")
	ErrRateLimited  = errors.New("the service asks to wait")
	ErrUnreachable  = errors.New("no usable answer from the service") // no connection, 5xx, or no JSON
)

// Error is a failed call. It quotes nothing of an answer but Message.
type Error struct {
	Kind       error
	Status     int           // HTTP status; 0 without an answer
	RetryAfter time.Duration // 0 where the service named no time
	Message    string        // the service's words with 403 and 503, see [web.Message]; may be empty
	Err        error         // the transport's error, where there is one
}

func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%v: %v", e.Kind, e.Err)
	case e.Message != "":
		return fmt.Sprintf("%v: %s", e.Kind, e.Message)
	case e.Kind == ErrRateLimited && e.RetryAfter > 0:
		return fmt.Sprintf("%v %s", e.Kind, e.RetryAfter)
	case e.Status > 0:
		return fmt.Sprintf("%v (HTTP %d)", e.Kind, e.Status)
	}
	return e.Kind.Error()
}

// Unwrap gives the class, and the transport's error.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// Client calls one service's API. HTTP must not follow redirects: one would
// carry the token along.
type Client struct {
	Origin string // scheme://host[:port]
	HTTP   *http.Client
}

const (
	apiBase = "/api/v1/mogplex"
	// bodyLimit is in bytes. Some thousand models of a few hundred bytes each
	// are above 1 MiB, and events carry what tools put out.
	bodyLimit = 8 << 20
	// requestLimit bounds one call, to the last byte of its answer.
	requestLimit = 30 * time.Second
)

// Check asks the service whether it accepts a token. nil means yes.
func (c Client) Check(ctx context.Context, token string) error {
	_, err := c.get(ctx, token, "/models")
	return err
}

// get calls the API and returns the data of its envelope.
func (c Client) get(ctx context.Context, token, path string) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Origin+apiBase+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, broken(ctx, 0, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	if failed := classify(resp, body, token, time.Now()); failed != nil {
		return nil, failed
	}
	switch {
	case len(body) > bodyLimit, len(body) == bodyLimit && err != nil: // HTTP can have a limit of its own
		return nil, broken(ctx, resp.StatusCode, errTooLong)
	case err != nil:
		return nil, broken(ctx, resp.StatusCode, err)
	}
	return open(resp.StatusCode, body)
}

// envelope is what every answer of the API comes in.
type envelope struct {
	OK    bool            `json:"ok"`
	Data  json.RawMessage `json:"data"`
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func open(status int, body []byte) (json.RawMessage, error) {
	var answer envelope
	if json.Unmarshal(body, &answer) != nil || !answer.OK {
		return nil, &Error{Kind: ErrUnreachable, Status: status, Err: errForeign}
	}
	return answer.Data, nil
}

// decode reads an envelope's data. Fields that are not known are passed over.
func decode(data json.RawMessage, into any) error {
	if json.Unmarshal(data, into) != nil {
		return &Error{Kind: ErrUnreachable, Status: http.StatusOK, Err: errForeign}
	}
	return nil
}

// classify reads an answer's status. A redirect is the login page's: 401. Only
// the API itself can say that something does not exist; any other 404 comes
// from another place. What it says is quoted only if it is about the account or
// the service, and without the token.
func classify(resp *http.Response, body []byte, token string, now time.Time) error {
	failed := &Error{Status: resp.StatusCode}
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var answer envelope
	_ = json.Unmarshal(body, &answer) // an answer that is not the API's says nothing
	if resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusServiceUnavailable {
		failed.Message = web.Message(answer.Error.Message, token)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized, code >= 300 && code < 400:
		failed.Kind = ErrUnauthorized
	case code == http.StatusForbidden:
		failed.Kind = ErrForbidden
	case code == http.StatusTooManyRequests:
		failed.Kind, failed.RetryAfter = ErrRateLimited, web.RetryAfter(resp.Header, now)
	case code == http.StatusNotFound && answer.Error.Code == "NOT_FOUND":
		failed.Kind = ErrNotFound
	default:
		failed.Kind, failed.RetryAfter = ErrUnreachable, web.RetryAfter(resp.Header, now)
	}
	return failed
}
