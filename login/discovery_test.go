package login

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// discoverAt runs discover against a service with the handler h.
func discoverAt(t *testing.T, ctx context.Context, h http.HandlerFunc) (ep endpoints, origin string, err error) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := (&Client{Origin: server.URL, AllowLoopbackHTTP: true}).service(opSignIn)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	ep, err = s.discover(ctx)
	return ep, server.URL, err
}

func TestDiscovery(t *testing.T) {
	for _, c := range []struct {
		name, document string // ORIGIN stands for the service's origin
		want           error
	}{
		{"complete", `{"issuer":"ORIGIN","authorization_endpoint":"ORIGIN/a?x=1","token_endpoint":"ORIGIN/t","revocation_endpoint":"ORIGIN/r","device_authorization_endpoint":"ORIGIN/d","code_challenge_methods_supported":["plain","S256"]}`, nil},
		{"issuer with a slash", `{"issuer":"ORIGIN/"}`, nil},
		{"no issuer", `{"token_endpoint":"ORIGIN/t"}`, nil},
		{"issuer with a path", `{"issuer":"ORIGIN/api/auth","token_endpoint":"ORIGIN/t"}`, nil},
		{"not JSON", `<html>`, nil},
		{"wrong types", `{"issuer":1}`, nil},
		{"null", `null`, nil},
		{"too large", `{"issuer":"ORIGIN","x":"` + strings.Repeat("a", maxBody) + `"}`, nil},
		{"other issuer", `{"issuer":"https://evil.example"}`, ErrBadAnswer},
		{"other token endpoint", `{"issuer":"ORIGIN","token_endpoint":"https://evil.example/t"}`, ErrBadAnswer},
		{"other authorize endpoint", `{"issuer":"ORIGIN","authorization_endpoint":"https://evil.example/t"}`, ErrBadAnswer},
		{"other device endpoint", `{"issuer":"ORIGIN","device_authorization_endpoint":"https://evil.example/t"}`, ErrBadAnswer},
		{"other revocation endpoint", `{"issuer":"ORIGIN","revocation_endpoint":"https://evil.example/t"}`, ErrBadAnswer},
		{"user info", `{"issuer":"ORIGIN","token_endpoint":"http://127.0.0.1@evil.example/t"}`, ErrBadAnswer},
		{"other scheme", `{"issuer":"ORIGIN","authorization_endpoint":"javascript:alert(1)"}`, ErrBadAnswer},
		{"relative", `{"issuer":"ORIGIN","token_endpoint":"/t"}`, ErrBadAnswer},
		{"fragment", `{"issuer":"ORIGIN","authorization_endpoint":"ORIGIN/a#"}`, ErrBadAnswer},
		{"plain PKCE only", `{"issuer":"ORIGIN","code_challenge_methods_supported":["plain"]}`, ErrBadAnswer},
	} {
		ep, origin, err := discoverAt(t, context.Background(), func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, strings.ReplaceAll(c.document, "ORIGIN", "http://"+r.Host))
		})
		want := fixedEndpoints(origin)
		if c.name == "complete" {
			want = endpoints{origin + "/a?x=1", origin + "/t", origin + "/d", origin + "/r", false}
		}
		if ep != want || !errors.Is(err, c.want) {
			t.Errorf("%s: endpoints %+v, err %v", c.name, ep, err)
		}
	}
}

func TestDiscoveryUnavailable(t *testing.T) {
	for status, want := range map[int]error{404: nil, 302: nil, 401: nil, 204: nil, 500: ErrUnreachable, 503: ErrUnreachable} {
		ep, origin, err := discoverAt(t, context.Background(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(status)
		})
		if ep != fixedEndpoints(origin) || !errors.Is(err, want) {
			t.Errorf("%d: endpoints %+v, err %v", status, ep, err)
		}
	}
}

func TestDiscoveryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, _, err := discoverAt(t, ctx, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

// A sign-in does not need metadata, and refuses metadata of another origin.
func TestSignInAndMetadata(t *testing.T) {
	s := newService(t)
	s.metadata["issuer"] = ""
	r := start(t, s.client(), Flow{})
	visit(t, r.callback("code=c&state=STATE"))
	if _, err := r.end(); err != nil {
		t.Error(err)
	}
	s.metadata["token_endpoint"] = "https://evil.example/token"
	if _, err := start(t, s.client(), Flow{}).end(); !errors.Is(err, ErrBadAnswer) {
		t.Errorf("err = %v", err)
	}
}

// The refresh token goes to the endpoint that metadata names, to the fixed path
// only if there is no metadata, and nowhere if that leads to another origin.
func TestRefreshUsesTheDiscoveredEndpoint(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fakeService)
		path   string
		want   error
	}{
		"named":               {func(*fakeService) {}, "/moved", nil},
		"PKCE does not count": {func(s *fakeService) { s.metadata["code_challenge_methods_supported"] = []string{"plain"} }, "/moved", nil},
		"no document":         {func(s *fakeService) { s.discovery = answerWith(404, "") }, "/api/auth/mcp/token", nil},
		"a 500":               {func(s *fakeService) { s.discovery = answerWith(500, "") }, "/api/auth/mcp/token", nil},
		"a page":              {func(s *fakeService) { s.discovery = answerWith(200, "<html>") }, "/api/auth/mcp/token", nil},
		"lost":                {func(s *fakeService) { s.discovery = hangUp }, "/api/auth/mcp/token", nil},
		"another origin":      {func(s *fakeService) { s.metadata["token_endpoint"] = "https://evil.example/t" }, "", ErrBadAnswer},
		"another issuer":      {func(s *fakeService) { s.metadata["issuer"] = "https://evil.example" }, "", ErrBadAnswer},
	} {
		s := newService(t)
		s.metadata["token_endpoint"] = s.URL + "/moved"
		c.change(s)
		_, err := s.client().Refresh(t.Context(), markRefresh)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: err = %v", name, err)
		}
		if sent := s.sentTo(); strings.Join(sent, " ") != c.path {
			t.Errorf("%s: sent to %q", name, sent)
		}
	}
}

// A refresh token that is used twice can end the session, and the service may
// have used it even if its answer says otherwise or is lost.
func TestRefreshSendsATokenOnce(t *testing.T) {
	t.Parallel()
	half := `{"access_token":"` + markAccess
	answers := map[string]http.HandlerFunc{
		"a success": answerWith(200, half+`"}`), "half an answer": answerWith(200, half), "nothing": answerWith(200, ""),
		"a page": answerWith(200, "<html>"), "JSON null": answerWith(200, "null"),
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4000")
			_, _ = io.WriteString(w, half)
		},
		"headers alone": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4000")
			_ = http.NewResponseController(w).Flush()
		},
		"lost": hangUp,
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"too late":      func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"invalid grant": answerWith(401, `{"error":"invalid_grant"}`),
	}
	for _, status := range []int{400, 401, 403, 404, 405, 408, 421, 425, 429, 500, 502, 503, 504} {
		answers[http.StatusText(status)] = answerWith(status, `{"error":"server_error"}`)
	}
	for name, answer := range answers {
		for _, moved := range []string{"", "/moved"} {
			s := newService(t)
			if moved != "" {
				s.metadata["token_endpoint"] = s.URL + moved
			}
			s.token = answer
			c := s.client()
			c.HTTP = &http.Client{Timeout: 200 * time.Millisecond, Transport: newTransport("")}
			_, err := c.Refresh(t.Context(), markRefresh)
			c.HTTP.CloseIdleConnections()
			if sent := s.sentTo(); len(sent) != 1 {
				t.Errorf("%s: sent to %q", name, sent)
			}
			checkNoSecret(t, err)
		}
	}
}

func TestRevoke(t *testing.T) {
	s := newService(t)
	if offered, err := s.client().Revoke(context.Background(), markRefresh, "refresh_token"); offered || err != nil {
		t.Errorf("not offered: %v, %v", offered, err)
	}
	status := 200
	s.metadata["revocation_endpoint"] = s.URL + "/revoke"
	s.mux.HandleFunc("POST /revoke", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("token") != markRefresh || r.FormValue("client_id") != "mogplex-cli" || r.FormValue("token_type_hint") != "refresh_token" {
			t.Error("wrong form")
		}
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(status)
		if status >= 400 {
			_, _ = io.WriteString(w, `{"error":"invalid_request","error_description":"`+markRefresh+`"}`)
		}
	})
	for code, want := range map[int]error{200: nil, 400: ErrRefused, 429: ErrRateLimited, 503: ErrUnreachable, 302: ErrUnreachable} {
		status = code
		offered, err := s.client().Revoke(context.Background(), markRefresh, "refresh_token")
		if !offered || !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%d: %v, %v", code, offered, err)
		}
		checkNoSecret(t, err)
	}
	s.Close()
	if offered, err := s.client().Revoke(context.Background(), markRefresh, ""); offered || !errors.Is(err, ErrUnreachable) {
		t.Errorf("service gone: %v, %v", offered, err)
	}
}

// A service that revokes refresh tokens only answers unsupported_token_type for others.
func TestATokenThatCannotBeRevoked(t *testing.T) {
	s := newService(t)
	s.metadata["revocation_endpoint"] = s.URL + "/revoke"
	s.mux.HandleFunc("POST /revoke", answerWith(400, `{"error":"unsupported_token_type"}`))
	if offered, err := s.client().Revoke(t.Context(), markAccess, "access_token"); offered || err != nil {
		t.Errorf("%v, %v", offered, err)
	}
	s.metadata["revocation_endpoint"] = "https://evil.example/revoke"
	if offered, err := s.client().Revoke(t.Context(), markRefresh, ""); offered || !errors.Is(err, ErrBadAnswer) || len(s.sentTo()) > 0 {
		t.Errorf("another origin: %v, %v, sent to %q", offered, err, s.sentTo())
	}
}

func TestDiscoverReportsTheServiceAndItsClock(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for status, want := range map[int]error{200: nil, 503: ErrUnreachable} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", now.Add(-time.Hour).Format(http.TimeFormat))
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"issuer":"http://`+r.Host+`","revocation_endpoint":"http://`+r.Host+`/r"}`)
		}))
		defer server.Close()
		client := Client{Origin: server.URL, AllowLoopbackHTTP: true, Now: func() time.Time { return now }}
		found, err := client.Discover(t.Context())
		if !errors.Is(err, want) || !found.Date.Equal(now.Add(-time.Hour)) || !found.Asked.Equal(now) {
			t.Errorf("%d: %+v, %v", status, found, err)
		}
		if found.Metadata != (want == nil) || found.Revoke != (want == nil) || found.Device {
			t.Errorf("%d: %+v", status, found)
		}
	}
}

func TestDiscoverEndsWithItsContext(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := (&Client{Origin: server.URL, AllowLoopbackHTTP: true, HTTP: &http.Client{}}).Discover(ctx)
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "in time") {
		t.Errorf("got %v", err)
	}
}
