package accountserver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is one way to misbehave, and for which requests. The zero values of Path and
// Grant fit every request. Delay comes first and goes with any of the others.
type Fault struct {
	Path  string // a prefix of the path or, with a *, a pattern as of path.Match
	Grant string // only token requests of this grant_type
	Times int    // how many requests it fits; 0 is until ClearFaults

	Delay time.Duration // wait, or until the client has gone

	// These answer in place of the service. With none of Body, HTML and Redirect,
	// Status is answered in the shape the endpoint's own errors have.
	Status      int    // 200 with Body or HTML, 302 with Redirect, else 500
	Body        string // sent as it is
	ContentType string // application/json
	RetryAfter  string // the header, as it is: seconds, a date, rubbish
	XRetryAfter string // the same, X-Retry-After
	HTML        bool   // a captive portal's page
	Redirect    string // the Location

	// These cut off the answer of the service, or of the fields above. A Go client asks
	// again by itself where a connection that it used before ends under a GET.
	Truncate            bool // half the promised body, then the connection ends
	Drop                bool // the connection ends and nothing was done
	DropAfterProcessing bool // the service did its work, then the connection ends
	Endless             bool // 200 and spaces, for as long as anyone reads
	MidStream           bool // a streamed chat completion fails after two chunks
}

// Fail adds a fault. Of several that fit a request, the one added first counts.
func (s *Server) Fail(f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, f)
}

// ClearFaults removes every fault.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

type faults struct {
	mu   sync.Mutex
	list []Fault
}

// take finds the fault for a request and uses up one of its times.
func (fs *faults) take(urlPath, grant string) (Fault, bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.list {
		if !f.fits(urlPath, grant) {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			fs.list = append(fs.list[:i:i], fs.list[i+1:]...)
		default:
			fs.list[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

func (f Fault) fits(urlPath, grant string) bool {
	if f.Grant != "" && f.Grant != grant {
		return false
	}
	if strings.Contains(f.Path, "*") {
		ok, _ := path.Match(f.Path, urlPath)
		return ok
	}
	return strings.HasPrefix(urlPath, f.Path)
}

// serve answers r as the fault says; next is the service. Where the connection has to
// end it panics with http.ErrAbortHandler, which net/http understands.
func (f Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if f.Delay > 0 { // net/http sees that the client has gone once the whole request is read
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
		answer(&buffered{header: make(http.Header)})
		panic(http.ErrAbortHandler)
	case f.Truncate:
		whole := &buffered{header: w.Header(), status: http.StatusOK}
		answer(whole)
		w.Header().Set("Content-Length", strconv.Itoa(max(whole.body.Len(), 2)))
		w.WriteHeader(whole.status)
		w.Write(whole.body.Bytes()[:whole.body.Len()/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case f.Endless:
		w.Header().Set("Content-Type", "application/json")
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
	}
	setDefault(&f.Status, status)
	setDefault(&f.ContentType, contentType)
	if body == "" && f.Redirect == "" {
		body = errorBody(r.URL.Path, f.Status)
	}
	for name, value := range map[string]string{"Retry-After": f.RetryAfter, "X-Retry-After": f.XRetryAfter} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.Header().Set("Content-Type", f.ContentType)
	w.WriteHeader(f.Status)
	fmt.Fprint(w, body)
}

// errorBody is what the endpoint at urlPath says with an error status.
func errorBody(urlPath string, status int) string {
	switch {
	case strings.HasPrefix(urlPath, APIPath):
		code := "INTERNAL_ERROR"
		switch status {
		case http.StatusTooManyRequests:
			code = "RATE_LIMITED"
		case http.StatusServiceUnavailable:
			code = "SERVICE_UNAVAILABLE"
		}
		return fmt.Sprintf(`{"ok":false,"error":{"code":%q,"message":%q}}`, code, http.StatusText(status))
	case urlPath == InferencePath && status == http.StatusUnauthorized:
		return `{"error":"Unauthorized"}`
	case urlPath == InferencePath:
		return fmt.Sprintf(`{"error":{"message":%q}}`, http.StatusText(status))
	case status == http.StatusTooManyRequests:
		return `{"message":"` + tooMany + `"}`
	}
	return fmt.Sprintf(`{"error":"server_error","error_description":%q}`, http.StatusText(status))
}

// midStreamKey marks in a request's context that a streamed answer has to fail.
type midStreamKey struct{}

// pause waits for d and reports whether it did before ctx ended.
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

// buffered is an http.ResponseWriter that sends nothing.
type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (b *buffered) Header() http.Header         { return b.header }
func (b *buffered) WriteHeader(status int)      { b.status = status }
func (b *buffered) Write(p []byte) (int, error) { return b.body.Write(p) }
