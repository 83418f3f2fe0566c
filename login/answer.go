package login

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

const (
	maxLifetime = 10 * 365 * 24 * time.Hour
	maxInterval = 5 * time.Minute
)

var (
	errStranger = errors.New("something else than the account service answered")
	errCutOff   = errors.New("the answer was cut off")
)

// answerReader is the transport under x/oauth2. It lets through what x/oauth2
// reads as the service meant it, and turns the rest into an [*Error]. Without it
// x/oauth2 drops a whole token because its expires_in is 3600.0, takes text/plain
// for a form, and puts response bodies into its errors.
type answerReader struct {
	ctx     context.Context // also ends requests that x/oauth2 sends without one
	timeout time.Duration   // of request and answer; a Client's would run on where x/oauth2 closes no body
	base    http.RoundTripper
	now     func() time.Time
	secrets []string // never repeated in an error
}

func (a *answerReader) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), a.timeout)
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	base := a.base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, &Error{Kind: ErrUnreachable, Err: networkCause(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readBody(resp.Body)
	if err != nil {
		return nil, &Error{Kind: ErrUnreachable, Status: resp.StatusCode, Err: networkCause(err)}
	}
	fields, err := a.judge(resp, body)
	if err != nil {
		return nil, err
	}
	if body, err = json.Marshal(fields); err != nil {
		return nil, &Error{Kind: ErrBadAnswer, Status: resp.StatusCode}
	}
	resp.Header = http.Header{"Content-Type": {"application/json"}}
	resp.ContentLength = int64(len(body))
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = errBodyTooLarge
	}
	return body, err
}

// judge returns the fields of an OAuth answer, success or RFC 6749 error, made
// safe for x/oauth2.
func (a *answerReader) judge(resp *http.Response, body []byte) (map[string]any, error) {
	failed := &Error{Status: resp.StatusCode, RetryAfter: web.RetryAfter(resp.Header, a.now())}
	fields := jsonObject(body)
	a.takeError(failed, fields)
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		failed.Kind = ErrRateLimited
	case status >= 500, status < 200, status >= 300 && status < 400:
		failed.Kind = ErrUnreachable
	case failed.Code != "": // some services send it with status 200
		return map[string]any{"error": failed.Code, "error_description": failed.Description}, nil
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		failed.Kind = ErrUnreachable
	case status >= 400 && (fields != nil || len(bytes.TrimSpace(body)) == 0):
		failed.Kind = ErrRefused
	case fields == nil:
		failed.Kind, failed.Err = ErrUnreachable, errStranger
		if text := bytes.TrimSpace(body); len(text) == 0 || text[0] == '{' {
			failed.Err = errCutOff
		}
	default:
		if why := normalise(fields); why != "" {
			failed.Kind, failed.Err = ErrBadAnswer, errors.New(why)
			break
		}
		return fields, nil
	}
	return nil, failed
}

// takeError copies a JSON error's code and words into e.
func (a *answerReader) takeError(e *Error, fields map[string]any) {
	code, _ := fields["error"].(string)
	words, _ := fields["error_description"].(string)
	secrets := append([]string(nil), a.secrets...)
	for _, key := range []string{"access_token", "refresh_token", "id_token", "device_code"} {
		if secret, ok := fields[key].(string); ok {
			secrets = append(secrets, secret)
		}
	}
	e.Code, e.Description = errorCode(code, secrets), description(words, secrets)
	delete(fields, "error")
	delete(fields, "error_description")
}

// jsonObject returns the members of a body that is one JSON object, else nil.
// Numbers stay text: 1e999 must not cost a token its whole answer.
func jsonObject(body []byte) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var fields map[string]any
	if dec.Decode(&fields) != nil || dec.Decode(new(any)) != io.EOF {
		return nil
	}
	return fields
}

// normalise makes the fields of a success safe and readable for x/oauth2. It
// returns what is wrong with an answer that must not be used.
func normalise(fields map[string]any) (why string) {
	for _, key := range []string{"access_token", "refresh_token", "device_code"} {
		value := fields[key]
		s, ok := value.(string)
		switch {
		case value != nil && !ok:
			return key + " is not a string"
		case s != "" && !visibleASCII(s):
			return key + " has characters that no token may have"
		}
	}
	if !hasText(fields["access_token"]) && !hasText(fields["device_code"]) {
		return "it has no token"
	}
	if kind, ok := fields["token_type"].(string); ok && kind != "" && !strings.EqualFold(kind, "Bearer") {
		return "the token's type is not Bearer"
	}
	fields["token_type"] = "Bearer"
	for _, key := range append([]string{"expires_in"}, refreshLifetimes...) {
		fields[key] = int64(seconds(fields[key], maxLifetime) / time.Second)
	}
	if _, ok := fields["interval"]; ok {
		fields["interval"] = int64(seconds(fields["interval"], maxInterval) / time.Second)
	}
	return ""
}

func hasText(v any) bool {
	s, ok := v.(string)
	return ok && s != ""
}

// seconds reads a JSON number or a string with one. 0 means that there is
// nothing usable: absent, negative, or not a number.
func seconds(v any, limit time.Duration) time.Duration {
	text, ok := v.(string)
	if number, isNumber := v.(json.Number); isNumber {
		text, ok = number.String(), true
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch {
	case !ok, err != nil && !errors.Is(err, strconv.ErrRange):
		return 0
	case err == nil && math.IsInf(n, 0), math.IsNaN(n), n < 1:
		return 0
	case n >= limit.Seconds():
		return limit
	}
	return time.Duration(n) * time.Second
}
