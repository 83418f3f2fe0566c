package accountserver

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const tooMany = "Too many requests. Please try again later."

// apiHandler answers an authorized API call with the envelope's data or an error.
type apiHandler func(r *http.Request, from caller) (any, *failure)

// api wraps handle's answer in the envelope. It rejects a token that is invalid, over
// its limit, or without the scope read.
func (s *Server) api(handle apiHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, ok := s.authenticate(bearer(r))
		if !ok {
			s.rejectAPI(w, r)
			return
		}
		if wait := s.limit(from.pat); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(wait)))
			apiFailure(http.StatusTooManyRequests, "RATE_LIMITED", tooMany).write(w)
			return
		}
		if !slices.Contains(from.scopes, "read") {
			apiFailure(http.StatusForbidden, "FORBIDDEN", "This token does not have the scope read.").write(w)
			return
		}
		data, failed := handle(r, from)
		if failed != nil {
			failed.write(w)
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"ok": true, "data": data})
	}
}

// limit counts an API call with a personal token. Over the limit of a minute, it returns
// how long to wait.
func (s *Server) limit(p *pat) time.Duration {
	if p == nil || s.cfg.RequestsPerMinute < 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	if age := now.Sub(p.start); age < 0 || age >= time.Minute {
		p.start, p.calls = now, 0
	}
	if p.calls >= s.cfg.RequestsPerMinute {
		return p.start.Add(time.Minute).Sub(now)
	}
	p.calls++
	return 0
}

// wholeSeconds rounds up, so that a client that waits this long waits long enough.
func wholeSeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func (s *Server) rejectAPI(w http.ResponseWriter, r *http.Request) {
	if s.cfg.RedirectUnauthenticated {
		http.Redirect(w, r, "/login", http.StatusFound)
		return
	}
	w.Header().Set("WWW-Authenticate",
		`Bearer resource_metadata="`+origin(r)+`/.well-known/oauth-protected-resource"`)
	apiFailure(http.StatusUnauthorized, "UNAUTHORIZED", "Sign in, or send a valid token.").write(w)
}

// apiFailure is an error in the API's envelope.
func apiFailure(status int, code, message string) *failure {
	return &failure{status, map[string]any{"ok": false, "error": map[string]string{"code": code, "message": message}}}
}

func noEndpoint(*http.Request, caller) (any, *failure) { return nil, notFound("No such endpoint.") }

func notFound(message string) *failure {
	return apiFailure(http.StatusNotFound, "NOT_FOUND", message)
}

// bearer returns the token of an Authorization header, RFC 6750 section 2.1, or "".
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
