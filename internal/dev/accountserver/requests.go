package accountserver

import (
	"net/http"
	"time"
)

// Request is a request that reached the service, without its query, body and headers
// that can hold a secret.
type Request struct {
	Time    time.Time // of arrival, by the server's clock
	Method  string
	Path    string
	Agent   string // User-Agent
	Grant   string // grant_type of a token request: a known one, "other" or "none"
	Status  int    // 0 until the answer begins
	Faulted bool   // a fault answered it
}

// Requests returns all requests since New, oldest first. A request is in the list as
// soon as it arrives.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Request, len(s.requests))
	for i, r := range s.requests {
		out[i] = *r
	}
	return out
}

// Count returns how many requests had this path or grant type.
func (s *Server) Count(pathOrGrant string) (n int) {
	for _, r := range s.Requests() {
		if r.Path == pathOrGrant || r.Grant == pathOrGrant {
			n++
		}
	}
	return n
}

func (s *Server) record(r Request) *Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, &r)
	return &r
}

func (s *Server) copyOf(r *Request) Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *r
}

// grantType parses the form of a token request and returns its grant type, or "" for
// other requests. It leaves r.PostForm for the endpoint, empty if it cannot be parsed.
func grantType(r *http.Request) string {
	if r.Method != http.MethodPost || r.URL.Path != TokenPath {
		return ""
	}
	if err := r.ParseForm(); err != nil {
		r.PostForm = nil
	}
	switch grant := r.PostForm.Get("grant_type"); grant {
	case grantCode, grantRefresh, grantDevice:
		return grant
	case "":
		return "none"
	}
	return "other"
}

// statusWriter records the status before any of the answer leaves, so that a client
// with an answer finds the status in Requests. Handlers call WriteHeader explicitly.
type statusWriter struct {
	http.ResponseWriter
	server *Server
	record *Request
}

func (w *statusWriter) WriteHeader(status int) {
	w.server.mu.Lock()
	w.record.Status = status
	w.server.mu.Unlock()
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
