package login

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// raw sends a request unchanged and returns the answer.
func raw(t *testing.T, r *running, request string) (*http.Response, error) {
	t.Helper()
	conn, err := net.Dial("tcp4", hostOf(t, r))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	go func() { _, _ = io.WriteString(conn, request) }()
	return http.ReadResponse(bufio.NewReader(conn), nil)
}

func hostOf(t *testing.T, r *running) string {
	t.Helper()
	u, err := url.Parse(r.prompt.RedirectURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// Requests without the exact state exchange nothing and do not end the sign-in; the
// real callback then succeeds.
func TestStrayAndForgedRequests(t *testing.T) {
	t.Parallel()
	s := newService(t)
	r := start(t, s.client(), Flow{})
	host := hostOf(t, r)
	wrong := strings.Repeat("A", len(r.state))
	requests := []struct {
		name, method, target, host, header string
		status                             int
	}{
		{"favicon", "GET", "/favicon.ico", host, "", 404},
		{"root", "GET", "/", host, "", 404},
		{"escaped path", "GET", "/auth/%63allback?code=c&state=" + r.state, host, "", 404},
		{"longer path", "GET", "/auth/callback/?code=c&state=" + r.state, host, "", 404},
		{"result before the end", "GET", "/auth/done/", host, "", 404},
		{"forged state", "GET", "/auth/callback?code=c&state=" + wrong, host, "", 303},
		{"no state", "GET", "/auth/callback?code=c", host, "", 303},
		{"state cut short", "GET", "/auth/callback?code=c&state=" + r.state[:42], host, "", 303},
		{"forged state, error", "GET", "/auth/callback?error=access_denied&state=" + wrong, host, "", 303},
		{"two codes", "GET", "/auth/callback?code=a&code=b&state=" + r.state, host, "", 400},
		{"two states", "GET", "/auth/callback?code=a&state=" + wrong + "&state=" + r.state, host, "", 400},
		{"code and error", "GET", "/auth/callback?code=a&error=b&state=" + r.state, host, "", 400},
		{"state alone", "GET", "/auth/callback?state=" + r.state, host, "", 400},
		{"line break in code", "GET", "/auth/callback?code=a%0d%0ab&state=" + r.state, host, "", 400},
		{"bad escape", "GET", "/auth/callback?code=%zz&state=" + r.state, host, "", 400},
		{"semicolon", "GET", "/auth/callback?code=a;state=" + r.state, host, "", 400},
		{"long query", "GET", "/auth/callback?code=" + strings.Repeat("a", 9000) + "&state=" + r.state, host, "", 400},
		{"HEAD", "HEAD", "/auth/callback?code=c&state=" + r.state, host, "", 405},
		{"POST", "POST", "/auth/callback?code=c&state=" + r.state, host, "", 405},
		{"OPTIONS", "OPTIONS", "/auth/callback?code=c&state=" + r.state, host, "", 405},
		{"OPTIONS *", "OPTIONS", "*", host, "", 404},
		{"DNS rebinding", "GET", "/auth/callback?code=c&state=" + r.state, "evil.example", "", 421},
		{"rebinding with port", "GET", "/auth/callback?code=c&state=" + r.state, "evil.example:" + strings.Split(host, ":")[1], "", 421},
		{"absolute target", "GET", "http://evil.example/auth/callback?code=c&state=" + r.state, host, "", 421},
		{"other port", "GET", "/auth/callback?code=c&state=" + r.state, "127.0.0.1:1", "", 421},
		{"image on a page", "GET", "/auth/callback?code=c&state=" + r.state, host, "Sec-Fetch-Dest: image\r\n", 403},
		{"frame on a page", "GET", "/auth/callback?error=access_denied", host, "Sec-Fetch-Dest: iframe\r\n", 403},
		{"headers that no browser sends", "GET", "/auth/callback?code=c&state=" + r.state, host, "X: " + strings.Repeat("a", 2*maxRequestHeader) + "\r\n", 431},
		{"10 MB of headers", "GET", "/auth/callback?code=c&state=" + r.state, host, "X: " + strings.Repeat("a", 10<<20) + "\r\n", 431},
	}
	for _, q := range requests {
		resp, err := raw(t, r, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", q.method, q.target, q.host, q.header))
		if err != nil {
			// A client that is still writing when the server closes may not get the answer.
			if q.status != 431 {
				t.Errorf("%s: %v", q.name, err)
			}
			continue
		}
		if resp.StatusCode != q.status {
			t.Errorf("%s: status %d, want %d", q.name, resp.StatusCode, q.status)
		}
		if !resp.Close {
			t.Errorf("%s: the connection was kept open", q.name)
		}
	}
	r.waiting()
	if n := len(s.requests()); n != 0 || r.noted() != "" {
		t.Errorf("%d exchanges, notices %q", n, r.noted())
	}
	_, body, final := visit(t, r.callback("code=c&state="+wrong))
	if !strings.Contains(body, "not the sign-in that is waiting") || final.RawQuery != "" {
		t.Errorf("page of another sign-in at %v: %s", final, body)
	}
	visit(t, strings.Replace(r.callback("code=c&state=STATE"), "127.0.0.1", "localhost", 1))
	if _, err := r.end(); err != nil {
		t.Fatal(err)
	}
}

// Two hundred silent connections without a time limit don't keep the browser out.
func TestFlood(t *testing.T) {
	t.Parallel()
	r := start(t, newService(t).client(), Flow{headers: time.Hour})
	host := hostOf(t, r)
	for i := range 200 {
		conn, err := net.Dial("tcp4", host)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if i%2 == 0 { // a slow header
			_, _ = io.WriteString(conn, "GET /auth/callback?code=c HTTP/1.1\r\nHost: ")
		}
	}
	_, body, _ := visit(t, r.callback("code=c&state=STATE"))
	if _, err := r.end(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, "You are signed in") {
		t.Errorf("page: %s", body)
	}
}

func TestSlowHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	if limit := (Flow{}).withDefaults().headers; limit != headerReadTimeout {
		t.Errorf("the limit is %v", limit)
	}
	r := start(t, newService(t).client(), Flow{headers: 100 * time.Millisecond})
	conn, err := net.Dial("tcp4", hostOf(t, r))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET /auth/callback HTTP/1.1\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the connection was not closed: %v", err)
	}
	r.waiting()
}

// A used code is not exchanged again, and the page says so.
func TestReplayAfterTheEnd(t *testing.T) {
	s := callbackServerFor(t)
	go func() { <-s.answers; close(s.done) }()
	q := callbackPath + "?code=c&state=" + s.expect.state
	if got := ask(s, q); got.Code != 303 || got.Header().Get("Location") != s.donePath {
		t.Errorf("first: %d", got.Code)
	}
	if got := ask(s, q); got.Code != 409 || !strings.Contains(got.Body.String(), "already over") {
		t.Errorf("replay: %d", got.Code)
	}
}

func TestPageHeaders(t *testing.T) {
	s := callbackServerFor(t)
	for _, target := range []string{"/", callbackPath, callbackPath + "?code=c", foreignPath, callbackPath + "?error=e"} {
		h := ask(s, target).Header()
		for key, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(key) != want {
				t.Errorf("%s: %s is %q", target, key, h.Get(key))
			}
		}
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "style-src 'sha256-"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: policy lacks %s", target, want)
			}
		}
	}
}

// callbackServerFor returns a callbackServer without a listener.
func callbackServerFor(t testing.TB) *callbackServer {
	t.Helper()
	return &callbackServer{
		expect: expectation{state: strings.Repeat("s", 43), issuer: "https://a.test"}, host: "127.0.0.1:1", alias: "localhost:1",
		donePath: "/auth/done/x", answers: make(chan answer), refusals: make(chan *Error, 1), done: make(chan struct{}), answered: make(chan struct{}),
	}
}

func ask(h http.Handler, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://127.0.0.1:1/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The handler never panics and passes on nothing without the exact state.
func FuzzCallback(f *testing.F) {
	state := strings.Repeat("s", 43)
	for _, query := range []string{"", "code=c&state=" + state, "error=e", "error=e&state=" + state, "code=c&state=s", "state=%73" + state[1:] + "&code=c&iss=https://a.test/", "code=%00&state=" + state} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		s := callbackServerFor(t)
		ctx, cancel := context.WithCancel(context.Background())
		got := make(chan int, 1)
		go func() {
			n := 0
			select {
			case <-s.answers:
				n++
				close(s.done)
			case <-ctx.Done():
			}
			got <- n
		}()
		ask(s, callbackPath+"?"+query)
		cancel()
		values, err := url.ParseQuery(query)
		if n := <-got; n > 0 && (err != nil || len(values["state"]) != 1 || values.Get("state") != state) {
			t.Errorf("accepted %q", query)
		}
	})
}
