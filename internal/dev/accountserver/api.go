package accountserver

import (
	"net/http"
	"slices"
	"strings"
)

// apiError is a failure in the API's envelope.
type apiError struct {
	status        int
	code, message string
}

// apiHandler answers an accepted API call: the envelope's data, or an error.
type apiHandler func(r *http.Request, from caller) (any, *apiError)

func (s *Server) routeAPI() {
	s.mux.HandleFunc("GET "+APIPath+"/models", s.api(s.listModels))
	s.mux.HandleFunc("GET "+APIPath+"/mcp/servers", s.api(s.listMCPServers))
	s.mux.HandleFunc("GET "+APIPath+"/runs/{id}", s.api(s.showRun))
	s.mux.HandleFunc("GET "+APIPath+"/runs/{id}/events", s.api(s.listEvents))
	s.mux.HandleFunc(APIPath+"/", s.api(func(*http.Request, caller) (any, *apiError) {
		return nil, notFound("No such endpoint.")
	}))
	s.mux.HandleFunc("POST "+InferencePath, s.serveInference)
}

// api lets a call through to handle where its token is accepted, has the scope read
// and is within its limit, and wraps what comes back in the envelope.
func (s *Server) api(handle apiHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, ok := s.authenticate(bearer(r))
		if !ok {
			s.rejectAPI(w, r)
			return
		}
		if from.pat != nil {
			s.mu.Lock()
			wait := from.pat.use.admit(s.cfg.Now(), s.cfg.RequestsPerMinute)
			s.mu.Unlock()
			if wait > 0 {
				w.Header().Set("Retry-After", wholeSeconds(wait))
				writeAPIError(w, &apiError{http.StatusTooManyRequests, "RATE_LIMITED", tooMany})
				return
			}
		}
		if !slices.Contains(from.scopes, "read") {
			writeAPIError(w, &apiError{http.StatusForbidden, "FORBIDDEN", "This token does not have the scope read."})
			return
		}
		data, failure := handle(r, from)
		if failure != nil {
			writeAPIError(w, failure)
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"ok": true, "data": data})
	}
}

func (s *Server) rejectAPI(w http.ResponseWriter, r *http.Request) {
	if s.cfg.RedirectUnauthenticated {
		http.Redirect(w, r, "/login", http.StatusFound)
		return
	}
	w.Header().Set("WWW-Authenticate",
		`Bearer resource_metadata="`+s.origin(r)+`/.well-known/oauth-protected-resource"`)
	writeAPIError(w, &apiError{http.StatusUnauthorized, "UNAUTHORIZED", "Sign in, or send a valid token."})
}

func writeAPIError(w http.ResponseWriter, e *apiError) {
	writeJSON(w, e.status, map[string]any{
		"ok": false, "error": map[string]string{"code": e.code, "message": e.message},
	})
}

func notFound(message string) *apiError {
	return &apiError{http.StatusNotFound, "NOT_FOUND", message}
}

// bearer is the token of an Authorization header, RFC 6750 section 2.1, or empty.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
