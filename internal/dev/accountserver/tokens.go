package accountserver

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"
)

// family is what one sign-in gave: all the tokens that come of it live and die together.
type family struct {
	account *Account
	scopes  []string
	dead    bool
}

// tokens is one answer of the token endpoint.
type tokens struct {
	family                         *family
	id, access, refresh            string // refresh is empty without offline_access
	issued                         time.Time
	accessExpires, refreshExpires  time.Time
	accessRevoked, refreshReplaced bool
}

// pat is a personal access token.
type pat struct {
	account *Account
	use     window
}

// IssuePAT makes a personal access token ("mog_" and 32 base62 characters) for an
// account. It panics where there is no such account.
func (s *Server) IssuePAT(email string) string {
	account := s.mustAccount(email)
	token := "mog_" + random62(32)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pats[token] = &pat{account: account}
	return token
}

// IssueTokens makes what a sign-in with these scopes (none: all) would have given.
// refresh is empty without offline_access, and with NoRefreshTokens. It panics where there is no such account.
func (s *Server) IssueTokens(email string, scopes ...string) (access, refresh string) {
	account := s.mustAccount(email)
	if len(scopes) == 0 {
		scopes = DefaultScopes()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.issue(&family{account: account, scopes: slices.Clone(scopes)})
	return t.access, t.refresh
}

// RevokeAll ends everything an account has: tokens of every kind and browser sessions.
func (s *Server) RevokeAll(email string) {
	account := s.mustAccount(email)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.access {
		if t.family.account == account {
			t.family.dead = true
		}
	}
	for token, p := range s.pats {
		if p.account == account {
			delete(s.pats, token)
		}
	}
	for id, session := range s.sessions {
		if session.account == account {
			delete(s.sessions, id)
		}
	}
}

// ExpireAccess ends the time of every access token issued so far; refresh tokens and
// personal tokens stay good.
func (s *Server) ExpireAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.access {
		t.accessExpires = s.cfg.Now()
	}
}

// Valid reports whether the API would accept a token, OAuth or personal. Asking does
// not count against a limit.
func (s *Server) Valid(token string) bool {
	_, ok := s.authenticate(token)
	return ok
}

// RefreshValid reports whether the token endpoint would accept a refresh token now.
// Asking does not use it.
func (s *Server) RefreshValid(refresh string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.refresh[refresh]
	return ok && s.refreshable(t) && !(s.cfg.StrictRotation && t.refreshReplaced)
}

// caller is who an API call comes from.
type caller struct {
	account *Account
	scopes  []string
	pat     *pat // nil for an OAuth token
}

func (s *Server) authenticate(token string) (caller, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.pats[token]; ok {
		return caller{account: p.account, scopes: []string{"read", "write"}, pat: p}, true
	}
	t, ok := s.access[token]
	if !ok || t.family.dead || t.accessRevoked || !s.cfg.Now().Before(t.accessExpires) {
		return caller{}, false
	}
	return caller{account: t.family.account, scopes: t.family.scopes}, true
}

// issue adds one more set of tokens to a family. mu is held.
func (s *Server) issue(f *family) *tokens {
	now := s.cfg.Now()
	t := &tokens{
		family: f, id: random62(32), access: random62(32), issued: now,
		accessExpires: now.Add(s.cfg.AccessTTL), refreshExpires: now.Add(s.cfg.RefreshTTL),
	}
	if slices.Contains(f.scopes, "offline_access") && !s.cfg.NoRefreshTokens {
		t.refresh = random62(32)
		s.refresh[t.refresh] = t
	}
	s.access[t.access] = t
	return t
}

// refreshable reports whether t's refresh token is alive, replaced or not. mu is held.
func (s *Server) refreshable(t *tokens) bool {
	return !t.family.dead && s.cfg.Now().Before(t.refreshExpires)
}

// serveGetSession answers the whole row of an access token, its refresh token
// included: the reason for which no client should call it.
func (s *Server) serveGetSession(w http.ResponseWriter, r *http.Request) {
	token := bearer(r)
	_, ok := s.authenticate(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.access[token]
	if !ok || t == nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeJSON(w, http.StatusOK, nil)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"id": t.id, "clientId": ClientID, "userId": t.family.account.ID,
		"accessToken": t.access, "accessTokenExpiresAt": stamp(t.accessExpires),
		"refreshToken": t.refresh, "refreshTokenExpiresAt": stamp(t.refreshExpires),
		"scopes":    strings.Join(t.family.scopes, " "),
		"createdAt": stamp(t.issued), "updatedAt": stamp(t.issued),
	})
}

// serveRevoke is RFC 7009: a refresh token takes its whole family with it, an access
// token only itself, and a token that is not known was revoked well enough.
func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	if r.PostFormValue("client_id") != ClientID {
		unauthorized("invalid_client", "invalid client_id").write(w)
		return
	}
	if token == "" {
		badRequest("invalid_request", "token is required").write(w)
		return
	}
	s.mu.Lock()
	if t, ok := s.refresh[token]; ok {
		t.family.dead = true
	} else if t, ok := s.access[token]; ok {
		t.accessRevoked = true
	}
	s.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

// stamp writes a time as the service does: RFC 3339 in UTC, to the millisecond.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// random62 returns n random base62 characters.
func random62(n int) string { return randomOf(base62, n) }

// randomOf draws n characters of an alphabet, each as likely as any other.
func randomOf(alphabet string, n int) string {
	limit := 256 - 256%len(alphabet)
	out, draw := make([]byte, 0, n), make([]byte, 2*n)
	for len(out) < n {
		rand.Read(draw)
		for _, b := range draw {
			if int(b) < limit && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

func sameString(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
