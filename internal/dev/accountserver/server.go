// Package accountserver is a development account service: an [http.Handler] that behaves
// like the hosted service, oddities included, for tests, the demo and people. The mogplex
// binary does not contain it.
//
// [New] makes a server with two accounts (Ada, who may use models, and Grace, who may
// not), models, MCP servers and a run. IssuePAT and IssueTokens return credentials
// without a sign-in; [WalkSignIn] signs in like a person with a browser. Fail adds a
// fault, Requests lists the received requests, and Valid and RefreshValid report whether
// it accepts a token. To run one by hand:
//
//	go run ./internal/dev/accountserver/serve
//
// The server keeps all state in memory and never removes any.
package accountserver

import (
	"encoding/json"
	"net/http"
	"sync"
)

// ClientID is the only registered client: public, without a secret.
const ClientID = "mogplex-cli"

// The paths that a client uses if it cannot read the discovery document.
const (
	AuthorizePath = "/api/auth/mcp/authorize"
	TokenPath     = "/api/auth/mcp/token"
	RevokePath    = "/api/auth/mcp/revoke"
	DevicePath    = "/api/auth/mcp/device"
	APIPath       = "/api/v1/mogplex"
	InferencePath = "/api/cli/inference/chat/completions"
)

// Server is the account service. It and its methods are safe for concurrent use.
type Server struct {
	cfg Config
	mux *http.ServeMux

	mu       sync.Mutex // guards the fields below, and the values they point to
	requests []*Request
	faults   []Fault
	sessions map[string]*Account // browsers, by cookie
	codes    map[string]code
	access   map[string]*tokens
	refresh  map[string]*tokens
	pats     map[string]*pat
	devices  map[string]*device // by device code
	models   json.RawMessage
	servers  json.RawMessage
	runs     map[string]*Run
}

// New returns a server. The zero Config works.
func New(cfg Config) *Server {
	s := &Server{
		cfg: cfg.withDefaults(), mux: http.NewServeMux(),
		sessions: map[string]*Account{}, codes: map[string]code{}, devices: map[string]*device{},
		access: map[string]*tokens{}, refresh: map[string]*tokens{}, pats: map[string]*pat{},
		models: json.RawMessage(defaultModels), servers: json.RawMessage(defaultServers), runs: map[string]*Run{},
	}
	s.AddRun(demoRun())
	s.mux.HandleFunc("GET /.well-known/oauth-authorization-server", s.serveMetadata)
	s.mux.HandleFunc("GET "+AuthorizePath, s.serveAuthorize)
	s.mux.HandleFunc("GET /login", s.showLogin)
	s.mux.HandleFunc("POST /login", s.submitLogin)
	s.mux.HandleFunc("POST "+TokenPath, s.serveToken)
	if s.cfg.OfferRevocation {
		s.mux.HandleFunc("POST "+RevokePath, s.serveRevoke)
	}
	if s.cfg.OfferDevice {
		s.mux.HandleFunc("POST "+DevicePath, s.serveDeviceAuthorization)
		s.mux.HandleFunc("GET /device", s.showDevice)
		s.mux.HandleFunc("POST /device", s.submitDevice)
	}
	s.mux.HandleFunc("GET "+APIPath+"/models", s.api(s.serveList("models", &s.models)))
	s.mux.HandleFunc("GET "+APIPath+"/mcp/servers", s.api(s.serveList("servers", &s.servers)))
	s.mux.HandleFunc("GET "+APIPath+"/runs/{id}", s.api(s.showRun))
	s.mux.HandleFunc("GET "+APIPath+"/runs/{id}/events", s.api(s.listEvents))
	s.mux.HandleFunc(APIPath+"/", s.api(noEndpoint))
	s.mux.HandleFunc("POST "+InferencePath, s.serveInference)
	return s
}

// ServeHTTP records the request, and answers it with the first fault that matches, if any.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	grant := grantType(r)
	fault, faulty := s.takeFault(r.URL.Path, grant)
	record := s.record(Request{
		Time: s.cfg.Now(), Method: r.Method, Path: r.URL.Path, Agent: r.UserAgent(), Grant: grant, Faulted: faulty,
	})
	if s.cfg.OnRequest != nil {
		defer func() { s.cfg.OnRequest(s.copyOf(record)) }()
	}
	w = &statusWriter{w, s, record}
	if faulty {
		fault.serve(w, r, s.mux)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// origin is the service's origin as the client of r sees it.
func origin(r *http.Request) string { return "http://" + r.Host }
