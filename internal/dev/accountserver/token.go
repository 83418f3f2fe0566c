package accountserver

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The grant types of the token endpoint, as in Request.Grant and Fault.Grant.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

// failure is an error answer, in the shape of its endpoint.
type failure struct {
	status int
	body   any
}

func (f *failure) write(w http.ResponseWriter) { writeJSON(w, f.status, f.body) }

// unauthorized is the status of most OAuth errors, in place of the 400 of RFC 6749
// section 5.2.
func unauthorized(code, description string) *failure {
	return &failure{http.StatusUnauthorized, map[string]string{"error": code, "error_description": description}}
}

func badRequest(code, description string) *failure {
	return &failure{http.StatusBadRequest, map[string]string{"error": code, "error_description": description}}
}

// tokenAnswer is a successful answer, RFC 6749 section 5.1.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	RefreshTTL   int64  `json:"refresh_token_expires_in,omitempty"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token,omitempty"`
}

func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	answer, failed := s.grant(r)
	if failed != nil {
		failed.write(w)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) grant(r *http.Request) (*tokenAnswer, *failure) {
	form := r.PostForm
	if id, secret, ok := r.BasicAuth(); ok && form.Get("client_id") == "" && (id == "" || secret == "") {
		return nil, unauthorized("invalid_client", "invalid authorization header format")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch form.Get("grant_type") {
	case grantCode:
		return s.exchangeCode(form)
	case grantRefresh:
		return s.rotate(form)
	case grantDevice:
		if s.cfg.OfferDevice {
			return s.pollDevice(form)
		}
	case "":
		return nil, badRequest("invalid_request", "grant_type is required")
	}
	return nil, badRequest("unsupported_grant_type", "grant_type must be 'authorization_code'")
}

// exchangeCode answers for a code, which it uses up even if another field is wrong. mu is held.
func (s *Server) exchangeCode(form url.Values) (*tokenAnswer, *failure) {
	value, verifier, redirectURI := form.Get("code"), form.Get("code_verifier"), form.Get("redirect_uri")
	if value == "" {
		return nil, badRequest("invalid_request", "code is required")
	}
	if verifier == "" {
		return nil, badRequest("invalid_request", "code verifier is missing")
	}
	c, ok := s.codes[value]
	delete(s.codes, value)
	sum := sha256.Sum256([]byte(verifier)) // RFC 7636 section 4.2
	switch {
	case !ok:
		return nil, unauthorized("invalid_grant", "invalid code")
	case !s.cfg.Now().Before(c.expires):
		return nil, unauthorized("invalid_grant", "code expired")
	case form.Get("client_id") == "":
		return nil, unauthorized("invalid_client", "client_id is required")
	case redirectURI == "":
		return nil, badRequest("invalid_request", "redirect_uri is required")
	case form.Get("client_id") != ClientID:
		return nil, unauthorized("invalid_client", "invalid client_id")
	case redirectURI != c.redirectURI:
		return nil, unauthorized("invalid_client", "invalid redirect_uri")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
		return nil, unauthorized("invalid_request", "code verification failed")
	}
	answer := s.answerSignIn(&family{account: c.account, scopes: c.scopes}, c.nonce)
	s.cfg.OnGrant(value, answer.issued())
	return answer, nil
}

// rotate exchanges a refresh token for a new one. It ignores scope. mu is held.
func (s *Server) rotate(form url.Values) (*tokenAnswer, *failure) {
	value := form.Get("refresh_token")
	if value == "" {
		return nil, badRequest("invalid_request", "refresh_token is required")
	}
	old, ok := s.refresh[value]
	switch {
	case !ok || old.family.revoked:
		return nil, unauthorized("invalid_grant", "invalid refresh token")
	case form.Get("client_id") != ClientID:
		return nil, unauthorized("invalid_client", "invalid client_id")
	case !s.refreshable(old):
		return nil, unauthorized("invalid_grant", "refresh token expired")
	case s.cfg.StrictRotation && old.replaced:
		old.family.revoked = true
		s.cfg.OnGrant(value, Issued{})
		return nil, unauthorized("invalid_grant", "invalid refresh token")
	}
	old.replaced = true
	answer := s.answer(old.family)
	answer.TokenType = "bearer"
	s.cfg.OnGrant(value, answer.issued())
	return answer, nil
}

// answerSignIn issues the first tokens of a family, including the id_token. mu is held.
func (s *Server) answerSignIn(f *family, nonce string) *tokenAnswer {
	answer := s.answer(f)
	if slices.Contains(f.scopes, "openid") {
		answer.IDToken = s.idToken(f, nonce)
	}
	return answer
}

func (s *Server) answer(f *family) *tokenAnswer {
	t := s.issue(f)
	answer := &tokenAnswer{
		AccessToken: t.access, TokenType: "Bearer", ExpiresIn: int64(s.cfg.AccessTTL / time.Second),
		RefreshToken: t.refresh, Scope: strings.Join(f.scopes, " "),
	}
	if s.cfg.TellRefreshLifetime && t.refresh != "" {
		answer.RefreshTTL = int64(s.cfg.RefreshTTL / time.Second)
	}
	return answer
}

func (a *tokenAnswer) issued() Issued { return Issued{a.AccessToken, a.RefreshToken, a.IDToken} }

// idToken returns an id_token without iss, and with a random signature because no client
// can check it.
func (s *Server) idToken(f *family, nonce string) string {
	now := s.cfg.Now()
	claims := map[string]any{
		"sub": f.account.ID, "aud": ClientID,
		"iat": now.Unix(), "exp": now.Add(s.cfg.AccessTTL).Unix(), "auth_time": now.Unix(),
		"acr": "urn:mace:incommon:iap:silver",
	}
	if slices.Contains(f.scopes, "profile") {
		claims["name"] = f.account.Name
	}
	if slices.Contains(f.scopes, "email") {
		claims["email"], claims["email_verified"] = f.account.Email, true
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	payload, _ := json.Marshal(claims) // strings, numbers and a bool always marshal
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"HS256"}`)) + "." + encode(payload) + "." + encode([]byte(random62(32)))
}

// writeJSON writes an answer that must not be cached.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
