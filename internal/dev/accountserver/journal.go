package accountserver

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

// maxJournal is how many requests are remembered; the counts go on beyond it.
const maxJournal = 10_000

// Request is one request that reached the service: never its query, its body or a
// header that can hold a secret.
type Request struct {
	Time    time.Time // of arrival, by the server's clock
	Method  string
	Path    string
	Agent   string // User-Agent
	Grant   string // grant_type of a token request: a known one, "other" or "none"
	Status  int    // 0 until the answer begins, and for ever where none was sent
	Faulted bool   // a fault decided the answer
}

// Stats counts the requests that reached the service, answered or not.
type Stats struct {
	Total     int
	Endpoints map[string]int // by "METHOD /path" as routed; "" is what has no route
	Grants    map[string]int // token requests by grant_type, as in Request.Grant
}

// Requests returns the latest requests, oldest first, 10,000 at most. A request is
// in it from the moment it arrives.
func (s *Server) Requests() []Request {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	out := make([]Request, len(s.journal.entries))
	for i, entry := range s.journal.entries {
		out[i] = *entry
	}
	return out
}

// Stats returns the counts since New.
func (s *Server) Stats() Stats {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return Stats{
		Total:     s.journal.total,
		Endpoints: maps.Clone(s.journal.endpoints),
		Grants:    maps.Clone(s.journal.grants),
	}
}

type journal struct {
	mu        sync.Mutex
	total     int
	endpoints map[string]int
	grants    map[string]int
	entries   []*Request
}

func (j *journal) add(pattern string, r Request) *Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.endpoints == nil {
		j.endpoints, j.grants = make(map[string]int), make(map[string]int)
	}
	j.total++
	j.endpoints[pattern]++
	if r.Grant != "" {
		j.grants[r.Grant]++
	}
	if len(j.entries) == maxJournal {
		j.entries = append(j.entries[:0], j.entries[maxJournal/2:]...)
	}
	j.entries = append(j.entries, &r)
	return &r
}

func (j *journal) answered(entry *Request, status int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry.Status = status
}

func (j *journal) read(entry *Request) Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	return *entry
}

// grantType reads the form of a token request, so that faults and counts can tell
// grants apart. What it leaves in r.PostForm is what the endpoint works on: a form
// that cannot be read is an empty one.
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

// statusWriter notes the status before any of the answer leaves, so that a client
// that has its answer finds it noted.
type statusWriter struct {
	http.ResponseWriter
	note func(status int)
}

func (w *statusWriter) WriteHeader(status int) {
	w.noteOnce(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.noteOnce(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

func (w *statusWriter) noteOnce(status int) {
	if w.note != nil {
		w.note(status)
		w.note = nil
	}
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
