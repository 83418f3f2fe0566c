// Package hosted talks to the account service's API and keeps what it serves
// on disk.
//
// [Client.Check] asks whether a token is accepted. [Clear] removes the hosted
// state that a sign-in brought.
package hosted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Failures of a call, for errors.Is.
var (
	ErrUnauthorized = errors.New("the service does not accept the credential") // 401, or a redirect to its login page
	ErrForbidden    = errors.New("the service does not allow this account to do that")
	ErrRateLimited  = errors.New("the service asks to wait")
	ErrUnreachable  = errors.New("no usable answer from the service") // no connection, 5xx, or no JSON
)

// Error is a failed call. It never quotes a body beyond the service's own
// error code.
type Error struct {
	Kind       error
	Status     int           // HTTP status; 0 without an answer
	RetryAfter time.Duration // 0 where the service named no time
	Err        error         // the transport's error, where there is one
}

func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("%v: %v", e.Kind, e.Err)
	case e.RetryAfter > 0:
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
	apiBase   = "/api/v1/mogplex"
	bodyLimit = 1 << 20 // bytes
)

// Check asks the service whether it accepts a token. nil means yes.
func (c Client) Check(ctx context.Context, token string) error {
	var answer struct {
		OK bool `json:"ok"`
	}
	if err := c.get(ctx, token, "/models", &answer); err != nil {
		return err
	}
	if !answer.OK {
		return &Error{Kind: ErrUnreachable, Status: http.StatusOK}
	}
	return nil
}

// get calls the API and decodes a JSON answer.
func (c Client) get(ctx context.Context, token, path string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Origin+apiBase+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{Kind: ErrUnreachable, Err: withoutURL(err)}
	}
	defer resp.Body.Close()
	if err := classify(resp, time.Now()); err != nil {
		return err
	}
	if json.NewDecoder(io.LimitReader(resp.Body, bodyLimit)).Decode(answer) != nil {
		return &Error{Kind: ErrUnreachable, Status: resp.StatusCode}
	}
	return nil
}

// withoutURL takes the request's line off an *url.Error, which net/http adds.
func withoutURL(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// classify reads an answer's status. A redirect is the login page's: 401.
func classify(resp *http.Response, now time.Time) error {
	failed := &Error{Status: resp.StatusCode}
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusUnauthorized, code >= 300 && code < 400:
		failed.Kind = ErrUnauthorized
	case code == http.StatusForbidden:
		failed.Kind = ErrForbidden
	case code == http.StatusTooManyRequests:
		failed.Kind, failed.RetryAfter = ErrRateLimited, retryAfter(resp.Header, now)
	default:
		failed.Kind, failed.RetryAfter = ErrUnreachable, retryAfter(resp.Header, now)
	}
	return failed
}

// retryAfter reads Retry-After, or this service's X-Retry-After: seconds or an
// HTTP date (RFC 9110 section 10.2.3), at most an hour.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		text = strings.TrimSpace(h.Get("X-Retry-After"))
	}
	var wait time.Duration
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(seconds, 3600)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now).Round(time.Second)
	}
	return max(0, min(wait, time.Hour))
}

// stateFiles are what a sign-in brings and a sign-out takes away.
var stateFiles = []string{"models.remote.json", "mcp-servers.remote.json"}

// Clear removes the hosted state from a state directory. What is not there is
// no error.
func Clear(dir string) error {
	var errs []error
	for _, name := range stateFiles {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
