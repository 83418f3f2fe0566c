package accountserver_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

const (
	ada      = "ada@example.test"
	grace    = "grace@example.test"
	callback = "http://127.0.0.1:24816/auth/callback"
	verifier = "a-verifier-that-is-long-enough-to-be-one-of-RFC-7636"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a running service, its clock, and a browser with cookies that follows no
// redirects.
type world struct {
	t *testing.T
	*accountserver.Server
	*clock
	origin  string
	browser *http.Client
}

func newWorld(t *testing.T, cfg accountserver.Config) *world {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	cfg.Now = c.Now
	service := accountserver.New(cfg)
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return &world{t: t, Server: service, clock: c, origin: server.URL, browser: newBrowser(t, server)}
}

func newBrowser(t *testing.T, server *httptest.Server) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := *server.Client()
	browser.Jar = jar
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser
}

// answer is a response and its body.
type answer struct {
	*http.Response
	body string
}

func (a answer) location(t *testing.T) *url.URL {
	t.Helper()
	u, err := a.Response.Location()
	if err != nil {
		t.Fatalf("status %d without a Location", a.StatusCode)
	}
	return u
}

// json decodes the body into a map.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("status %d, body is not JSON: %v", a.StatusCode, err)
	}
	return m
}

// try sends a request. header holds name and value pairs.
func (w *world) try(method, path, body string, header ...string) (answer, error) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.origin+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := w.browser.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response, string(text)}, err
}

func (w *world) do(method, path, body string, header ...string) answer {
	w.t.Helper()
	a, err := w.try(method, path, body, header...)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) get(path string, header ...string) answer {
	w.t.Helper()
	return w.do(http.MethodGet, path, "", header...)
}

func (w *world) api(path, token string) answer {
	w.t.Helper()
	return w.get(accountserver.APIPath+path, "Authorization", "Bearer "+token)
}

// form posts name and value pairs.
func (w *world) form(path string, pairs ...string) answer {
	w.t.Helper()
	return w.do(http.MethodPost, path, values(pairs...).Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// signIn signs the browser in.
func (w *world) signIn(email string) {
	w.t.Helper()
	if a := w.form("/login", "as", email); a.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("sign-in: status %d", a.StatusCode)
	}
}

// code signs in as Ada and returns a new authorization code.
func (w *world) code(changes ...string) string {
	w.t.Helper()
	w.signIn(ada)
	code := w.get(authorizePath(changes...)).location(w.t).Query().Get("code")
	if code == "" {
		w.t.Fatal("no code in the callback")
	}
	return code
}

func (w *world) refreshGrant(token string) answer {
	w.t.Helper()
	return w.form(accountserver.TokenPath, "grant_type", "refresh_token", "refresh_token", token, "client_id", accountserver.ClientID)
}

func values(pairs ...string) url.Values {
	v := make(url.Values)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			v.Del(pairs[i])
			continue
		}
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// authorizePath is a valid authorize request with changes. An empty value removes a
// parameter.
func authorizePath(changes ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	pairs := append([]string{
		"client_id", accountserver.ClientID, "redirect_uri", callback, "response_type", "code",
		"scope", "openid profile email offline_access read write", "state", "s+t&a=te",
		"code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256",
	}, changes...)
	return accountserver.AuthorizePath + "?" + values(pairs...).Encode()
}

// exchange sends a valid code exchange with changes.
func (w *world) exchange(code string, changes ...string) answer {
	w.t.Helper()
	return w.form(accountserver.TokenPath, append([]string{
		"grant_type", "authorization_code", "code", code, "redirect_uri", callback,
		"client_id", accountserver.ClientID, "code_verifier", verifier,
	}, changes...)...)
}
