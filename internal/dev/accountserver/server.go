// Package accountserver is a development account service: one http.Handler that
// behaves as the hosted service does, oddities included, for tests, for the demo
// and for people. It is never linked into mogplex.
//
// New makes a server with two accounts (Ada, who may use models, and Grace, who may
// not), some models, MCP servers and a run. IssuePAT and IssueTokens hand out
// credentials without a sign-in; WalkSignIn signs in as a person with a browser would.
// Fail makes it misbehave, Requests and Stats say what reached it, and Valid and
// RefreshValid say what it still accepts. To run one by hand:
//
//	go run ./internal/dev/accountserver/serve
//
// All state is in memory and lives as long as the Server; nothing is ever swept.
package accountserver

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// ClientID is the one client the service knows: public, without a secret.
const ClientID = "mogplex-cli"

// The paths a client falls back to where it cannot have the discovery document.
const (
	AuthorizePath = "/api/auth/mcp/authorize"
	TokenPath     = "/api/auth/mcp/token"
	RevokePath    = "/api/auth/mcp/revoke"
	DevicePath    = "/api/auth/mcp/device"
	APIPath       = "/api/v1/mogplex"
	InferencePath = "/api/cli/inference/chat/completions"
)

// maxBody is the largest request body that is read, in bytes.
const maxBody = 4 << 20

// Server is the account service. It is an http.Handler; it and its methods are safe
// for concurrent use.
type Server struct {
	cfg     Config
	mux     *http.ServeMux
	idKey   []byte // signs id_tokens; nobody else ever has it
	journal journal
	faults  faults

	mu       sync.Mutex // guards what follows, and what that points to
	tokenUse window     // of the token endpoint
	sessions map[string]session
	codes    map[string]code
	access   map[string]*tokens
	refresh  map[string]*tokens
	pats     map[string]*pat
	devices  map[string]*device // by device code
	catalog  catalog
	runs     map[string]*Run
}

// New returns a server for cfg, whose zero value works.
func New(cfg Config) *Server {
	s := &Server{
		cfg:      cfg.withDefaults(),
		mux:      http.NewServeMux(),
		idKey:    make([]byte, 32),
		sessions: make(map[string]session),
		codes:    make(map[string]code),
		access:   make(map[string]*tokens),
		refresh:  make(map[string]*tokens),
		pats:     make(map[string]*pat),
		devices:  make(map[string]*device),
		catalog:  defaultCatalog(),
		runs:     make(map[string]*Run),
	}
	rand.Read(s.idKey)
	s.AddRun(DemoRun())
	s.routeAuth()
	s.routeAPI()
	s.routePages()
	return s
}

func (s *Server) routeAuth() {
	s.mux.HandleFunc("GET /.well-known/oauth-authorization-server", s.serveMetadata)
	s.mux.HandleFunc("GET /.well-known/oauth-protected-resource", s.serveResourceMetadata)
	s.mux.HandleFunc("GET "+AuthorizePath, s.serveAuthorize)
	s.mux.HandleFunc("POST "+TokenPath, s.serveToken)
	s.mux.HandleFunc("GET /api/auth/mcp/get-session", s.serveGetSession)
	if s.cfg.OfferRevocation {
		s.mux.HandleFunc("POST "+RevokePath, s.serveRevoke)
	}
	if s.cfg.OfferDevice {
		s.mux.HandleFunc("POST "+DevicePath, s.serveDeviceAuthorization)
	}
}

// ServeHTTP notes the request, applies the first fault that fits it, and answers.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	grant := grantType(r)
	_, pattern := s.mux.Handler(r)
	fault, faulty := s.faults.take(r.URL.Path, grant)
	entry := s.journal.add(pattern, Request{
		Time: s.cfg.Now(), Method: r.Method, Path: r.URL.Path, Agent: r.UserAgent(), Grant: grant, Faulted: faulty,
	})
	if s.cfg.OnRequest != nil {
		defer func() { s.cfg.OnRequest(s.journal.read(entry)) }()
	}
	w = &statusWriter{ResponseWriter: w, note: func(status int) { s.journal.answered(entry, status) }}
	if faulty {
		fault.serve(w, r, s.mux)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// origin is the service's public origin as this request's client sees it.
func (s *Server) origin(r *http.Request) string {
	switch {
	case s.cfg.Origin != "":
		return s.cfg.Origin
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// window counts what happens within a minute. It is not safe for concurrent use.
type window struct {
	start time.Time
	count int
}

// admit counts one more at now, of at most limit a minute. Where that is too many it
// returns how long to wait, else 0.
func (w *window) admit(now time.Time, limit int) time.Duration {
	if age := now.Sub(w.start); age < 0 || age >= time.Minute {
		w.start, w.count = now, 0
	}
	if limit > 0 && w.count >= limit {
		return w.start.Add(time.Minute).Sub(now)
	}
	w.count++
	return 0
}
