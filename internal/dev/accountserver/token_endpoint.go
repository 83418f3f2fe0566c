package accountserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The grant types of the token endpoint, as in Request.Grant and Fault.Grant.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
)

const tooMany = "Too many requests. Please try again later."

// oauthError is a flat error of the OAuth endpoints. Most have status 401, where
// RFC 6749 section 5.2 wants 400.
type oauthError struct {
	status            int
	code, description string
}

func unauthorized(code, description string) *oauthError {
	return &oauthError{http.StatusUnauthorized, code, description}
}

func badRequest(code, description string) *oauthError {
	return &oauthError{http.StatusBadRequest, code, description}
}

func (e *oauthError) write(w http.ResponseWriter) {
	writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.description})
}

// tokenAnswer is the token endpoint's success, RFC 6749 section 5.1.
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
	s.mu.Lock()
	wait := s.tokenUse.admit(s.cfg.Now(), s.cfg.TokenRequestsPerMinute)
	s.mu.Unlock()
	if wait > 0 {
		w.Header().Set("X-Retry-After", wholeSeconds(wait))
		writeJSON(w, http.StatusTooManyRequests, map[string]string{"message": tooMany})
		return
	}
	answer, failure := s.grant(r)
	if failure != nil {
		failure.write(w)
		return
	}
	w.Header().Set("Pragma", "no-cache")
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) grant(r *http.Request) (*tokenAnswer, *oauthError) {
	form := r.PostForm
	if id, secret, ok := r.BasicAuth(); ok && form.Get("client_id") == "" && (id == "" || secret == "") {
		return nil, unauthorized("invalid_client", "invalid authorization header format")
	}
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

// exchangeCode answers for a code. One that is found is gone, whatever else is wrong.
func (s *Server) exchangeCode(form url.Values) (*tokenAnswer, *oauthError) {
	value, verifier, redirectURI := form.Get("code"), form.Get("code_verifier"), form.Get("redirect_uri")
	if value == "" {
		return nil, badRequest("invalid_request", "code is required")
	}
	if verifier == "" {
		return nil, badRequest("invalid_request", "code verifier is missing")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes[value]
	delete(s.codes, value)
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
	case !sameString(challenge(verifier), c.challenge):
		return nil, unauthorized("invalid_request", "code verification failed")
	}
	answer := s.answerSignIn(&family{account: c.account, scopes: c.scopes}, c.nonce)
	s.cfg.OnGrant(value, answer.issued())
	return answer, nil
}

// rotate answers for a refresh token with a new one. scope is not looked at: who asks
// for less gets as much.
func (s *Server) rotate(form url.Values) (*tokenAnswer, *oauthError) {
	value := form.Get("refresh_token")
	if value == "" {
		return nil, badRequest("invalid_request", "refresh_token is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.refresh[value]
	if !ok || old.family.dead {
		return nil, unauthorized("invalid_grant", "invalid refresh token")
	}
	if form.Get("client_id") != ClientID {
		return nil, unauthorized("invalid_client", "invalid client_id")
	}
	if !s.refreshable(old) {
		return nil, unauthorized("invalid_grant", "refresh token expired")
	}
	if s.cfg.StrictRotation && old.refreshReplaced {
		old.family.dead = true
		s.cfg.OnGrant(value, Issued{})
		return nil, unauthorized("invalid_grant", "invalid refresh token")
	}
	old.refreshReplaced = true
	answer := s.answer(s.issue(old.family))
	answer.TokenType = "bearer"
	s.cfg.OnGrant(value, answer.issued())
	return answer, nil
}

// answerSignIn issues a family's first tokens, with the id_token that only these
// come with. mu is held.
func (s *Server) answerSignIn(f *family, nonce string) *tokenAnswer {
	answer := s.answer(s.issue(f))
	if slices.Contains(f.scopes, "openid") {
		answer.IDToken = s.idToken(f, nonce)
	}
	return answer
}

func (a *tokenAnswer) issued() Issued { return Issued{a.AccessToken, a.RefreshToken, a.IDToken} }

func (s *Server) answer(t *tokens) *tokenAnswer {
	answer := &tokenAnswer{
		AccessToken: t.access, TokenType: "Bearer", ExpiresIn: int64(s.cfg.AccessTTL / time.Second),
		RefreshToken: t.refresh, Scope: strings.Join(t.family.scopes, " "),
	}
	if s.cfg.TellRefreshLifetime && t.refresh != "" {
		answer.RefreshTTL = int64(s.cfg.RefreshTTL / time.Second)
	}
	return answer
}

// idToken has no iss, and its key is nobody's: it can be shown and not be trusted.
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
	signed := encode([]byte(`{"alg":"HS256"}`)) + "." + encode(payload)
	mac := hmac.New(sha256.New, s.idKey)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// challenge is S256 of RFC 7636 section 4.2.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// wholeSeconds rounds up, so that who waits that long has waited long enough.
func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(int(math.Ceil(d.Seconds())))
}

// writeJSON answers with a JSON body that no cache keeps.
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
