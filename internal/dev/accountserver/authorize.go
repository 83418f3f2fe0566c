package accountserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// codeTTL is the lifetime of authorization codes and device codes.
const codeTTL = 10 * time.Minute

// code is an authorization code that has not been exchanged.
type code struct {
	account                       *Account
	redirectURI, challenge, nonce string
	scopes                        []string
	expires                       time.Time
}

// refusal is the reason why an authorize request fails.
type refusal struct {
	code, description string
	onPage            bool // shown on the service's own page, with no callback
}

// serveAuthorize checks nothing before the person has signed in.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	account := s.signedIn(r)
	if account == nil {
		http.Redirect(w, r, "/login?"+r.URL.RawQuery, http.StatusFound)
		return
	}
	query := r.URL.Query()
	refused := s.checkClient(query)
	if refused == nil {
		refused = checkRequest(query)
	}
	if refused != nil {
		s.refuse(w, r, query, refused)
		return
	}
	value := random62(32)
	s.mu.Lock()
	s.codes[value] = code{
		account: account, redirectURI: query.Get("redirect_uri"), challenge: query.Get("code_challenge"),
		nonce: query.Get("nonce"), scopes: requestedScopes(query), expires: s.cfg.Now().Add(codeTTL),
	}
	s.mu.Unlock()
	callback := url.Values{"code": {value}}
	if state := query.Get("state"); state != "" {
		callback.Set("state", state)
	}
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+callback.Encode(), http.StatusFound)
}

// checkClient checks the parameters that must be valid before the service calls back.
func (s *Server) checkClient(query url.Values) *refusal {
	switch {
	case query.Get("client_id") != ClientID:
		return &refusal{"invalid_client", "The client is not registered.", true}
	case !slices.Contains(s.cfg.RedirectURIs, query.Get("redirect_uri")):
		return &refusal{"invalid_redirect_uri", "The callback address is not registered.", true}
	case query.Get("response_type") != "code":
		return &refusal{"unsupported_response_type", "The response type is not supported.", true}
	}
	return nil
}

func checkRequest(query url.Values) *refusal {
	method := query.Get("code_challenge_method")
	switch unknown := unknownScopes(query); {
	case unknown != "":
		return &refusal{code: "invalid_scope", description: "The following scopes are invalid: " + unknown}
	case query.Get("code_challenge") == "" || method == "":
		return &refusal{code: "invalid_request", description: "pkce is required"}
	case !strings.EqualFold(method, "S256"):
		return &refusal{code: "invalid_request", description: "invalid code_challenge method"}
	}
	return nil
}

// refuse shows a page, or calls back without state, as the service does.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, query url.Values, refused *refusal) {
	if refused.onPage {
		s.showPage(w, http.StatusBadRequest, page{Title: "Sign-in refused", Text: refused.description + " (" + refused.code + ")"})
		return
	}
	callback := url.Values{"error": {refused.code}, "error_description": {refused.description}}
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+callback.Encode(), http.StatusFound)
}

func allScopes() []string {
	return []string{"openid", "profile", "email", "offline_access", "read", "write"}
}

// requestedScopes defaults to openid.
func requestedScopes(query url.Values) []string {
	if scopes := strings.Fields(query.Get("scope")); len(scopes) > 0 {
		return scopes
	}
	return []string{"openid"}
}

func unknownScopes(query url.Values) string {
	unknown := slices.DeleteFunc(requestedScopes(query), func(scope string) bool {
		return slices.Contains(allScopes(), scope)
	})
	return strings.Join(unknown, ", ")
}
