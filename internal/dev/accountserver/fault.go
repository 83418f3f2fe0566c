package accountserver

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Fault makes the service misbehave for the requests that Path and Grant match; their
// zero values match all. Delay comes first and combines with any other field.
type Fault struct {
	Path  string // a prefix of the path
	Grant string // only token requests of this grant_type
	Times int    // how many requests it matches; 0 means all until ClearFaults

	Delay time.Duration // how long to wait, at most until the client is gone

	// These answer in place of the service. Without Body, HTML and Redirect, Status comes
	// with an error body in the shape of the endpoint.
	Status      int    // by default 200 with Body or HTML, 302 with Redirect, else 500
	Body        string // sent as it is
	ContentType string // by default application/json
	RetryAfter  string // the header, as it is: seconds, a date, garbage
	XRetryAfter string // the header X-Retry-After, as it is
	HTML        bool   // a captive portal's page
	Redirect    string // the Location

	// These cut off the answer of the service or of the fields above. A Go client retries
	// a GET by itself if a reused connection ends.
	Truncate            bool // sends half of the announced body, then ends the connection
	Drop                bool // ends the connection without doing anything
	DropAfterProcessing bool // lets the service do its work, then ends the connection
	Endless             bool // sends 200 and spaces for as long as the client reads
	MidStream           bool // ends a streamed chat completion with an error after two chunks
}

// Fail adds a fault. If several match a request, the oldest one applies.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// ClearFaults removes every fault.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault finds the fault for a request and uses up one of its times.
func (s *Server) takeFault(path, grant string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if !strings.HasPrefix(path, f.Path) || f.Grant != "" && f.Grant != grant {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		default:
			s.faults[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

// serve answers r with the fault; next is the service. To end the connection it panics
// with http.ErrAbortHandler, which net/http recovers.
func (f Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if f.Delay > 0 { // net/http notices that the client is gone after the request body is read
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if !pause(r.Context(), f.Delay) || f.Drop {
		panic(http.ErrAbortHandler)
	}
	answer := func(w http.ResponseWriter) {
		if f.answers() {
			f.answer(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), midStreamKey{}, f.MidStream)))
	}
	switch {
	case f.DropAfterProcessing:
		answer(httptest.NewRecorder())
		panic(http.ErrAbortHandler)
	case f.Truncate:
		whole := httptest.NewRecorder()
		answer(whole)
		maps.Copy(w.Header(), whole.Header())
		w.Header().Set("Content-Length", strconv.Itoa(max(whole.Body.Len(), 2)))
		w.WriteHeader(whole.Code)
		w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.Endless:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		for spaces := bytes.Repeat([]byte(" "), 32<<10); ; {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	default:
		answer(w)
	}
}

func (f Fault) answers() bool {
	return f.Status != 0 || f.Body != "" || f.HTML || f.Redirect != "" || f.RetryAfter != "" || f.XRetryAfter != ""
}

func (f Fault) answer(w http.ResponseWriter, r *http.Request) {
	status, body, contentType := http.StatusInternalServerError, f.Body, "application/json"
	switch {
	case f.HTML:
		status, contentType = http.StatusOK, "text/html; charset=utf-8"
		body = "<!doctype html><title>Wi-Fi</title><h1>Welcome</h1><p>Accept the terms to go online.</p>"
	case f.Redirect != "":
		status = http.StatusFound
		w.Header().Set("Location", f.Redirect)
	case f.Body != "":
		status = http.StatusOK
	default:
		body = errorBody(r.URL.Path, cmp.Or(f.Status, status))
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.XRetryAfter != "" {
		w.Header().Set("X-Retry-After", f.XRetryAfter)
	}
	w.Header().Set("Content-Type", cmp.Or(f.ContentType, contentType))
	w.WriteHeader(cmp.Or(f.Status, status))
	fmt.Fprint(w, body)
}

// errorBody is an error in the shape of the endpoint at path.
func errorBody(path string, status int) string {
	text := http.StatusText(status)
	switch {
	case strings.HasPrefix(path, APIPath):
		code := "INTERNAL_ERROR"
		switch status {
		case http.StatusTooManyRequests:
			code = "RATE_LIMITED"
		case http.StatusServiceUnavailable:
			code = "SERVICE_UNAVAILABLE"
		}
		return fmt.Sprintf(`{"ok":false,"error":{"code":%q,"message":%q}}`, code, text)
	case path == InferencePath && status == http.StatusUnauthorized:
		return `{"error":"Unauthorized"}`
	case path == InferencePath:
		return fmt.Sprintf(`{"error":{"message":%q}}`, text)
	case status == http.StatusTooManyRequests:
		return `{"message":"` + tooMany + `"}`
	}
	return fmt.Sprintf(`{"error":"server_error","error_description":%q}`, text)
}

// midStreamKey marks a request context whose streamed answer fails.
type midStreamKey struct{}

// pause waits for d and reports whether ctx is still valid.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
