package login

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

const (
	maxLifetime = 10 * 365 * 24 * time.Hour
	maxInterval = 5 * time.Minute
)

var errCutOff = errors.New("the answer was cut off")

// answerReader is the transport under x/oauth2. It corrects the answers that x/oauth2 would misread, and turns failures
// into an [*Error]. On its own, x/oauth2 drops a whole token because its expires_in is 3600.0, takes text/plain for a form,
// and puts response bodies into its errors.
type answerReader struct {
	ctx     context.Context // ends requests that x/oauth2 sends without a context
	timeout time.Duration   // of request and answer; http.Client's would keep running while x/oauth2 leaves a body open
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
		return nil, &Error{Kind: ErrUnreachable, Err: web.Cause(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := web.ReadBody(resp.Body, maxBody)
	if err != nil {
		return nil, &Error{Kind: ErrUnreachable, Status: resp.StatusCode, Err: web.Cause(err)}
	}
	fields, err := a.parse(resp, body)
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

// parse returns the fields of an OAuth answer, a success or an RFC 6749 error, made safe for x/oauth2.
func (a *answerReader) parse(resp *http.Response, body []byte) (map[string]any, error) {
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
		failed.Kind, failed.Err = ErrUnreachable, web.ErrForeign
		if text := bytes.TrimSpace(body); len(text) == 0 || text[0] == '{' {
			failed.Err = errCutOff
		}
	default:
		if defect := normalize(fields); defect != "" {
			failed.Kind, failed.Err = ErrBadAnswer, errors.New(defect)
			break
		}
		return fields, nil
	}
	return nil, failed
}

// takeError moves the code and the description of a JSON error into e.
func (a *answerReader) takeError(e *Error, fields map[string]any) {
	code, _ := fields["error"].(string)
	said, _ := fields["error_description"].(string)
	secrets := append([]string(nil), a.secrets...)
	for _, key := range []string{"access_token", "refresh_token", "id_token", "device_code"} {
		if secret, ok := fields[key].(string); ok {
			secrets = append(secrets, secret)
		}
	}
	e.Code, e.Description = errorCode(code, secrets), description(said, secrets)
	delete(fields, "error")
	delete(fields, "error_description")
}

// jsonObject returns the members of a body that is one JSON object, else nil. It leaves numbers as text, because a lifetime
// of 1e999 must not fail the whole answer.
func jsonObject(body []byte) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var fields map[string]any
	if dec.Decode(&fields) != nil || dec.Decode(new(any)) != io.EOF {
		return nil
	}
	return fields
}

// normalize makes the fields of a success safe and readable for x/oauth2. It returns why the answer must not be used, or "".
func normalize(fields map[string]any) (defect string) {
	for _, key := range []string{"access_token", "refresh_token", "device_code"} {
		value := fields[key]
		s, ok := value.(string)
		switch {
		case value != nil && !ok:
			return key + " is not a string"
		case s != "" && !web.VisibleASCII(s):
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
		fields[key] = seconds(fields[key], maxLifetime)
	}
	if _, ok := fields["interval"]; ok {
		fields["interval"] = seconds(fields["interval"], maxInterval)
	}
	return ""
}

func hasText(v any) bool {
	s, ok := v.(string)
	return ok && s != ""
}

// seconds reads whole seconds, a JSON number or a string with one, up to limit; see [web.Seconds].
func seconds(v any, limit time.Duration) int64 {
	text, _ := v.(string)
	if number, ok := v.(json.Number); ok {
		text = number.String()
	}
	return int64(web.Seconds(text, limit) / time.Second)
}
