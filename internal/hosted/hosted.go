// Package hosted calls the account service's API and caches its lists on disk.
//
//   - [Catalog] serves the models and MCP definitions of one account, from the service or from the cached copy.
//   - [Follower] polls a run and reports new events.
//   - [Client] makes the single calls; [Client.Check] asks whether a token is accepted.
//   - [Clear] removes the cached copies.
//
// A failed call returns a [*Error], an interrupted one context.Canceled.
package hosted

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Error is a failed call. It has a Message for status 403 and 503 only, because messages of other answers are not about the
// account or the service.
type Error = web.Error

// The classes of a failed call, for errors.Is.
var (
	ErrUnauthorized = web.ErrUnauthorized // 401, or a redirect to the login page
	ErrForbidden    = web.ErrForbidden    // 403
	ErrNotFound     = web.ErrNotFound     // 404 in the API's own form
	ErrRateLimited  = web.ErrRateLimited  // 429
	ErrUnreachable  = web.ErrUnreachable  // anything else
)

// Client calls one service's API. HTTP must not follow redirects, because they would pass the token on.
type Client struct {
	Origin string // scheme://host[:port]
	HTTP   *http.Client
}

const (
	apiBase = "/api/v1/mogplex"
	// bodyLimit is in bytes. A thousand models of a few hundred bytes each take almost 1 MiB, and events contain the
	// output of tools.
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
		return nil, unanswered(ctx, 0, err)
	}
	defer resp.Body.Close()
	body, err := web.ReadBody(resp.Body, bodyLimit)
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, failure(resp, body, token)
	case err != nil:
		return nil, unanswered(ctx, resp.StatusCode, err)
	}
	var answer envelope
	if json.Unmarshal(body, &answer) != nil || !answer.OK {
		return nil, foreign()
	}
	return answer.Data, nil
}

// envelope is the form of every answer of the API.
type envelope struct {
	OK    bool            `json:"ok"`
	Data  json.RawMessage `json:"data"`
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// unanswered returns the error of a call without a complete answer. Like a limit of this package, the caller's deadline
// counts as a failure of the service; an interruption does not.
func unanswered(ctx context.Context, status int, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	err = web.Cause(err)
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &Error{Kind: ErrUnreachable, Status: status, Err: err}
}

// foreign returns the error for an answer with status 200 that does not have the form of the API.
func foreign() *Error {
	return &Error{Kind: ErrUnreachable, Status: http.StatusOK, Err: web.ErrForeign}
}

// failure returns the error of an answer whose status is not 200. A 404 is ErrNotFound only in the API's own form, because
// a proxy may send one, too.
func failure(resp *http.Response, body []byte, token string) *Error {
	failed := &Error{Kind: ErrUnreachable, Status: resp.StatusCode}
	var answer envelope
	_ = json.Unmarshal(body, &answer) // leaves answer empty if the body is not the API's
	if failed.Status == http.StatusForbidden || failed.Status == http.StatusServiceUnavailable {
		failed.Message = web.Message(answer.Error.Message, token)
	}
	switch code := failed.Status; {
	case code == http.StatusUnauthorized, code >= 300 && code < 400:
		failed.Kind = ErrUnauthorized
	case code == http.StatusForbidden:
		failed.Kind = ErrForbidden
	case code == http.StatusTooManyRequests:
		failed.Kind = ErrRateLimited
	case code == http.StatusNotFound && answer.Error.Code == "NOT_FOUND":
		failed.Kind = ErrNotFound
	}
	if web.Temporary(failed) {
		failed.RetryAfter = web.RetryAfter(resp.Header, time.Now())
	}
	return failed
}
