package accountserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// code is an authorization code that was handed out and not yet exchanged.
type code struct {
	account                       *Account
	redirectURI, challenge, nonce string
	scopes                        []string
	expires                       time.Time
}

// refusal is why an authorize request is not granted.
type refusal struct {
	Code, Description string
	onPage            bool // said to the person on the service's own page, with no callback
}

// serveAuthorize answers the authorize endpoint. Nothing of the request is looked at
// before the person has signed in.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	account := s.signedIn(r)
	if account == nil {
		http.Redirect(w, r, "/login?"+r.URL.RawQuery, http.StatusFound)
		return
	}
	query := r.URL.Query()
	if refused := s.checkAuthorize(query); refused != nil {
		s.refuse(w, r, query, refused)
		return
	}
	value := random62(32)
	s.mu.Lock()
	s.codes[value] = code{
		account: account, redirectURI: query.Get("redirect_uri"), challenge: query.Get("code_challenge"),
		nonce: query.Get("nonce"), scopes: requestedScopes(query), expires: s.cfg.Now().Add(s.cfg.CodeTTL),
	}
	s.mu.Unlock()
	callback := url.Values{"code": {value}}
	if state := query.Get("state"); state != "" {
		callback.Set("state", state)
	}
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+callback.Encode(), http.StatusFound)
}

// checkClient makes the checks whose failure must not send the person anywhere.
func (s *Server) checkClient(query url.Values) *refusal {
	switch {
	case query.Get("client_id") != ClientID:
		return &refusal{"invalid_client", "The program that sent you here is not known.", true}
	case !slices.Contains(s.cfg.RedirectURIs, query.Get("redirect_uri")):
		return &refusal{"invalid_redirect_uri", "The address to return to is not registered.", true}
	case query.Get("response_type") != "code":
		return &refusal{"unsupported_response_type", "The program asked for an answer that is not supported.", true}
	}
	return nil
}

func (s *Server) checkAuthorize(query url.Values) *refusal {
	if refused := s.checkClient(query); refused != nil {
		return refused
	}
	method := query.Get("code_challenge_method")
	switch unknown := unknownScopes(query); {
	case unknown != "":
		return &refusal{Code: "invalid_scope", Description: "The following scopes are invalid: " + unknown}
	case query.Get("code_challenge") == "" || method == "":
		return &refusal{Code: "invalid_request", Description: "pkce is required"}
	case !strings.EqualFold(method, "S256"):
		return &refusal{Code: "invalid_request", Description: "invalid code_challenge method"}
	}
	return nil
}

// refuse says no: on a page, or by a callback which, as the service does it, has no state.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, query url.Values, refused *refusal) {
	if refused.onPage {
		s.render(w, r, http.StatusBadRequest, "refused.html", "Sign-in refused", refused)
		return
	}
	callback := url.Values{"error": {refused.Code}, "error_description": {refused.Description}}
	http.Redirect(w, r, query.Get("redirect_uri")+"?"+callback.Encode(), http.StatusFound)
}

// requestedScopes are those asked for, or openid alone where none are.
func requestedScopes(query url.Values) []string {
	if scopes := strings.Fields(query.Get("scope")); len(scopes) > 0 {
		return scopes
	}
	return []string{"openid"}
}

// unknownScopes lists the scopes asked for that there are none of, for a description.
func unknownScopes(query url.Values) string {
	known := DefaultScopes()
	unknown := slices.DeleteFunc(requestedScopes(query), func(scope string) bool {
		return slices.Contains(known, scope)
	})
	return strings.Join(unknown, ", ")
}
