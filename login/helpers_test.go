package login

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(fetchEnv); address != "" {
		os.Exit(fetch(address))
	}
	if file := os.Getenv(browserEnv); file != "" {
		os.Exit(pretendBrowser(file))
	}
	goleak.VerifyTestMain(m)
}

// Marked secrets. None may appear in any text.
const (
	markAccess  = "MARK-access-0a1b2c3d4e5f"
	markRefresh = "MARK-refresh-0a1b2c3d4e5f"
	markRotated = "MARK-rotated-0a1b2c3d4e5f"
	markCode    = "MARK-code-0a1b2c3d4e5f"
)

// fakeService is an account service whose every answer a test can replace.
type fakeService struct {
	*httptest.Server
	mux *http.ServeMux

	mu        sync.Mutex
	metadata  map[string]any
	forms     []url.Values // the token requests
	sent      []string     // the paths of all requests with markRefresh in them
	token     http.HandlerFunc
	discovery http.HandlerFunc
}

func newService(t *testing.T) *fakeService {
	t.Helper()
	s := &fakeService{mux: http.NewServeMux()}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	s.metadata = map[string]any{
		"issuer":                           s.URL,
		"authorization_endpoint":           s.URL + "/api/auth/mcp/authorize",
		"token_endpoint":                   s.URL + "/api/auth/mcp/token",
		"code_challenge_methods_supported": []string{"S256"},
	}
	s.token = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, goodAnswer()) }
	s.discovery = func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, s.metadata) }
	s.mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, r *http.Request) {
		s.discovery(w, r)
	})
	for _, path := range []string{"/api/auth/mcp/token", "/moved"} {
		s.mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { s.token(w, r) })
	}
	return s
}

// serve records a request and answers it.
func (s *fakeService) serve(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	if r.PostForm.Has("grant_type") {
		s.forms = append(s.forms, r.PostForm)
	}
	if strings.Contains(fmt.Sprint(r.Header, r.Form), markRefresh) {
		s.sent = append(s.sent, r.URL.Path)
	}
	s.mu.Unlock()
	s.mux.ServeHTTP(w, r)
}

// sentTo returns the paths that markRefresh was sent to.
func (s *fakeService) sentTo() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// answerWith answers with a status and a body.
func answerWith(status int, body string) http.HandlerFunc {
	return answerWithHeader(status, "", body)
}

// answerWithHeader answers with a status, a header line and a body.
func answerWithHeader(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if key, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(key, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// requests returns the forms the token endpoint got.
func (s *fakeService) requests() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.forms)
}

func (s *fakeService) client() *Client {
	return &Client{Origin: s.URL, AllowLoopbackHTTP: true}
}

func goodAnswer() map[string]any {
	return map[string]any{"access_token": markAccess, "refresh_token": markRefresh, "token_type": "bearer",
		"expires_in": 3600, "scope": "openid read", "id_token": idToken(`{"sub":"u1","email":"ada@example.test","name":"Ada"}`)}
}

func idToken(claims string) string {
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + enc.EncodeToString([]byte(claims)) + ".sig"
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// running is a sign-in in progress, with the notices and grants that it reported.
type running struct {
	t      *testing.T
	prompt Prompt
	state  string
	cancel context.CancelFunc
	result chan result
	mu     sync.Mutex
	notes  []string
	saved  []*Grant
}

type result struct {
	grant *Grant
	err   error
}

// start begins a sign-in on a free port and returns once the prompt is shown.
func start(t *testing.T, c *Client, flow Flow) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, cancel: cancel, result: make(chan result, 1)}
	t.Cleanup(cancel)
	shown := make(chan Prompt, 1)
	flow.Show = func(p Prompt) { shown <- p }
	flow.Notice = r.note
	if flow.Ports == nil {
		flow.Ports = []int{0}
	}
	if flow.Save == nil {
		flow.Save = func(_ context.Context, g *Grant) (string, error) {
			r.saved = append(r.saved, g)
			return "in the keychain (test)", nil
		}
	}
	go func() {
		g, err := c.SignIn(ctx, flow)
		r.result <- result{g, err}
	}()
	select {
	case r.prompt = <-shown:
		r.state = queryOf(t, r.prompt.URL).Get("state")
	case got := <-r.result:
		r.result <- got
	case <-time.After(time.Minute):
		t.Fatal("the prompt was not shown")
	}
	return r
}

func (r *running) note(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, line)
}

func (r *running) noted() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.notes, "\n")
}

func (r *running) end() (*Grant, error) {
	r.t.Helper()
	select {
	case got := <-r.result:
		return got.grant, got.err
	case <-time.After(time.Minute):
		r.t.Fatal("the sign-in did not end")
		return nil, nil
	}
}

// waiting fails the test if the sign-in has ended.
func (r *running) waiting() {
	r.t.Helper()
	select {
	case got := <-r.result:
		r.t.Fatalf("the sign-in ended: %v", got.err)
	default:
	}
}

// callback is the address the service would send the browser to.
func (r *running) callback(query string) string {
	return r.prompt.RedirectURL + "?" + strings.ReplaceAll(query, "STATE", r.state)
}

// visit opens an address like a browser, following redirects.
func visit(t *testing.T, address string) (status int, body string, final *url.URL) {
	t.Helper()
	status, body, final, err := tryVisit(address)
	if err != nil {
		t.Fatal(err)
	}
	return status, body, final
}

func tryVisit(address string) (status int, body string, final *url.URL, err error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	resp, err := client.Get(address)
	if err != nil {
		return 0, "", nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), resp.Request.URL, err
}

// whileItWaits starts a sign-in with a short time limit and visits its callback
// meanwhile. If the machine was too slow for that, it starts another with a longer
// limit. An answer is its status and page.
func whileItWaits(t *testing.T, flow func(wait time.Duration) Flow, queries ...string) (r *running, answers []string) {
	t.Helper()
	for wait := 200 * time.Millisecond; ; wait *= 4 {
		r, answers = start(t, newService(t).client(), flow(wait)), nil
		for _, query := range queries {
			if status, body, _, err := tryVisit(r.callback(query)); err == nil {
				answers = append(answers, fmt.Sprint(status, " ", body))
			}
		}
		if len(answers) == len(queries) {
			return r, answers
		}
		if _, err := r.end(); wait > time.Minute {
			t.Fatalf("no answer within %v; the sign-in ended with %v", wait, err)
		}
	}
}

func queryOf(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// checkNoSecret fails if v prints a marked secret with any verb.
func checkNoSecret(t *testing.T, v any) {
	t.Helper()
	text := fmt.Sprintf("%v|%+v|%#v|%s|%q", v, v, v, v, v)
	if err, ok := v.(error); ok {
		for _, e := range unwrapAll(err) {
			text += fmt.Sprintf("|%v|%+v|%#v", e, e, e)
		}
	}
	if strings.Contains(text, "MARK-") {
		t.Errorf("a secret is printed: %s", text)
	}
}

func unwrapAll(err error) []error {
	all := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, unwrapAll(inner)...)
		}
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			all = append(all, unwrapAll(inner)...)
		}
	}
	return all
}

// checkPKCE fails unless form's verifier fits the prompt's challenge.
func checkPKCE(t *testing.T, form url.Values, prompt string) {
	t.Helper()
	q := queryOf(t, prompt)
	if got := oauth2.S256ChallengeFromVerifier(form.Get("code_verifier")); got != q.Get("code_challenge") || q.Get("code_challenge_method") != "S256" {
		t.Errorf("code_verifier does not fit the S256 challenge")
	}
}

// squat listens on a port of the loopback.
func squat(t *testing.T) (net.Listener, int) {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln, ln.Addr().(*net.TCPAddr).Port
}
