package accountserver

import (
	"crypto/rand"
	"net/http"
	"slices"
	"time"
)

// family is a sign-in. All its tokens are revoked together.
type family struct {
	account *Account
	scopes  []string
	revoked bool
}

// tokens is one answer of the token endpoint.
type tokens struct {
	family                        *family
	access, refresh               string // refresh is empty without offline_access
	accessExpires, refreshExpires time.Time
	accessRevoked                 bool
	replaced                      bool // the refresh token was used
}

// pat is a personal access token, with the API calls since start.
type pat struct {
	account *Account
	start   time.Time
	calls   int
}

// IssuePAT returns a new personal access token ("mog_" and 32 base62 characters) of an
// account. It panics if the account does not exist.
func (s *Server) IssuePAT(email string) string {
	account := s.mustAccount(email)
	token := "mog_" + random62(32)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pats[token] = &pat{account: account}
	return token
}

// IssueTokens returns the tokens of a sign-in with these scopes (by default all). refresh
// is empty without offline_access, and with NoRefreshTokens. It panics if the account
// does not exist.
func (s *Server) IssueTokens(email string, scopes ...string) (access, refresh string) {
	account := s.mustAccount(email)
	if len(scopes) == 0 {
		scopes = allScopes()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.issue(&family{account: account, scopes: slices.Clone(scopes)})
	return t.access, t.refresh
}

// RevokeAll revokes every token of an account and signs out its browsers.
func (s *Server) RevokeAll(email string) {
	account := s.mustAccount(email)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.access {
		t.family.revoked = t.family.revoked || t.family.account == account
	}
	for token, p := range s.pats {
		if p.account == account {
			delete(s.pats, token)
		}
	}
	for id, of := range s.sessions {
		if of == account {
			delete(s.sessions, id)
		}
	}
}

// ExpireAccess expires every access token issued so far, but no refresh token and no
// personal token.
func (s *Server) ExpireAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.access {
		t.accessExpires = s.cfg.Now()
	}
}

// Valid reports whether the API accepts a token, OAuth or personal. It does not count
// as a call.
func (s *Server) Valid(token string) bool {
	_, ok := s.authenticate(token)
	return ok
}

// RefreshValid reports whether the token endpoint accepts a refresh token, without
// using it.
func (s *Server) RefreshValid(refresh string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.refresh[refresh]
	return ok && s.refreshable(t) && !(s.cfg.StrictRotation && t.replaced)
}

// caller is the account and token of an API call.
type caller struct {
	account *Account
	scopes  []string
	pat     *pat // nil for an OAuth token
}

func (s *Server) authenticate(token string) (caller, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.pats[token]; ok {
		return caller{p.account, []string{"read", "write"}, p}, true
	}
	t, ok := s.access[token]
	if !ok || t.family.revoked || t.accessRevoked || !s.cfg.Now().Before(t.accessExpires) {
		return caller{}, false
	}
	return caller{t.family.account, t.family.scopes, nil}, true
}

// issue adds one more set of tokens to a family. mu is held.
func (s *Server) issue(f *family) *tokens {
	now := s.cfg.Now()
	t := &tokens{family: f, access: random62(32), accessExpires: now.Add(s.cfg.AccessTTL), refreshExpires: now.Add(s.cfg.RefreshTTL)}
	if slices.Contains(f.scopes, "offline_access") && !s.cfg.NoRefreshTokens {
		t.refresh = random62(32)
		s.refresh[t.refresh] = t
	}
	s.access[t.access] = t
	return t
}

// refreshable reports whether t's refresh token is neither revoked nor expired. It may be
// replaced. mu is held.
func (s *Server) refreshable(t *tokens) bool {
	return !t.family.revoked && s.cfg.Now().Before(t.refreshExpires)
}

// serveRevoke is RFC 7009: a refresh token revokes its family, an access token only
// itself. An unknown token is no error.
func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	switch {
	case r.PostFormValue("client_id") != ClientID:
		unauthorized("invalid_client", "invalid client_id").write(w)
		return
	case token == "":
		badRequest("invalid_request", "token is required").write(w)
		return
	}
	s.mu.Lock()
	if t, ok := s.refresh[token]; ok {
		t.family.revoked = true
	} else if t, ok := s.access[token]; ok {
		t.accessRevoked = true
	}
	s.mu.Unlock()
	w.WriteHeader(http.StatusOK)
}

func random62(n int) string {
	return randomOf("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", n)
}

// randomOf returns n random characters of an alphabet, the first ones a little more likely.
func randomOf(alphabet string, n int) string {
	out := make([]byte, n)
	rand.Read(out)
	for i, b := range out {
		out[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(out)
}
