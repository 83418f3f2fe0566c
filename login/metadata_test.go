package login

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

const oauthPath, openIDPath = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"

// documentService has metadata documents by path, in which ORIGIN stands for its origin,
// and grants tokens at /t. It records the paths of the requests.
type documentService struct {
	*httptest.Server
	documents map[string]string
	mu        sync.Mutex
	asked     []string
}

func newDocumentService(t *testing.T, documents map[string]string) *documentService {
	s := &documentService{documents: documents}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements [http.Handler].
func (s *documentService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Path)
	s.mu.Unlock()
	document, found := s.documents[r.URL.Path]
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/t":
		writeJSON(w, http.StatusOK, goodAnswer())
	case document == "500":
		w.WriteHeader(http.StatusInternalServerError)
	case found:
		_, _ = io.WriteString(w, strings.ReplaceAll(document, "ORIGIN", "http://"+r.Host))
	default:
		http.NotFound(w, r)
	}
}

func (s *documentService) client() *Client {
	return &Client{Origin: s.URL, AllowLoopbackHTTP: true, RequireMetadata: true}
}

// The OpenID document is read only if that of RFC 8414 is 404, and a service that must
// have metadata gets no refresh token without it.
func TestRequiredMetadata(t *testing.T) {
	const good = `{"issuer":"ORIGIN","authorization_endpoint":"ORIGIN/a","token_endpoint":"ORIGIN/t"}`
	for name, c := range map[string]struct {
		oauth, openID string // "" is 404
		want          error
		asked         []string
	}{
		"RFC 8414":          {good, good, nil, []string{oauthPath, "/t"}},
		"OpenID alone":      {"", good, nil, []string{oauthPath, openIDPath, "/t"}},
		"neither":           {"", "", ErrNoMetadata, []string{oauthPath, openIDPath}},
		"a page":            {"<html>", good, ErrNoMetadata, []string{oauthPath}},
		"down":              {"500", good, ErrUnreachable, []string{oauthPath}},
		"OpenID down":       {"", "500", ErrUnreachable, []string{oauthPath, openIDPath}},
		"no issuer":         {"", `{"authorization_endpoint":"ORIGIN/a","token_endpoint":"ORIGIN/t"}`, ErrNoMetadata, []string{oauthPath, openIDPath}},
		"issuer with path":  {"", strings.Replace(good, `"ORIGIN"`, `"ORIGIN/x"`, 1), ErrNoMetadata, []string{oauthPath, openIDPath}},
		"no token endpoint": {"", `{"issuer":"ORIGIN","authorization_endpoint":"ORIGIN/a"}`, ErrNoMetadata, []string{oauthPath, openIDPath}},
		"another origin":    {"", strings.Replace(good, "ORIGIN/t", "https://evil.example/t", 1), ErrBadAnswer, []string{oauthPath, openIDPath}},
	} {
		documents := map[string]string{oauthPath: c.oauth, openIDPath: c.openID}
		for path, document := range documents {
			if document == "" {
				delete(documents, path)
			}
		}
		s := newDocumentService(t, documents)
		_, err := s.client().Refresh(t.Context(), markRefresh)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(s.asked, c.asked) {
			t.Errorf("%s: asked for %q", name, s.asked)
		}
		checkNoSecret(t, err)
	}
}

func TestAnOpenIDServiceSignsIn(t *testing.T) {
	s := newDocumentService(t, map[string]string{openIDPath: `{"issuer":"ORIGIN/","authorization_endpoint":"ORIGIN/a","token_endpoint":"ORIGIN/t","authorization_response_iss_parameter_supported":true}`})
	client := s.client()
	client.ClientID, client.Scopes = "my-cli", []string{"openid"}
	r := start(t, client, Flow{})
	if !strings.HasPrefix(r.prompt.URL, s.URL+"/a?") || !strings.Contains(r.prompt.URL, "client_id=my-cli") || !strings.Contains(r.prompt.URL, "scope=openid&") {
		t.Errorf("the address is %s", r.prompt.URL)
	}
	visit(t, r.callback("code=c&state=STATE&iss="+s.URL+"/"))
	if g, err := r.end(); err != nil || g.Issuer != s.URL {
		t.Errorf("%+v, %v", g, err)
	}
	r = start(t, client, Flow{})
	visit(t, r.callback("code=c&state=STATE"))
	if _, err := r.end(); !errors.Is(err, ErrBadAnswer) {
		t.Errorf("without the promised iss: %v", err)
	}
}

func TestWithoutMetadataNothingIsRevoked(t *testing.T) {
	s := newDocumentService(t, nil)
	if offered, err := s.client().Revoke(t.Context(), markRefresh, "refresh_token"); offered || err != nil {
		t.Errorf("%v, %v", offered, err)
	}
	if _, err := s.client().SignIn(t.Context(), Flow{}); !errors.Is(err, ErrNoMetadata) {
		t.Errorf("sign in: %v", err)
	}
}
