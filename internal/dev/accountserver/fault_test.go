package accountserver_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestFaultsThatAnswer(t *testing.T) {
	const api, token = accountserver.APIPath + "/models", accountserver.TokenPath
	tests := []struct {
		name   string
		fault  accountserver.Fault
		path   string
		status int
		header [2]string
		body   string
	}{
		{"500 of the API", accountserver.Fault{Status: 500}, api, 500, [2]string{"Content-Type", "application/json"}, `{"ok":false,"error":{"code":"INTERNAL_ERROR","message":"Internal Server Error"}}`},
		{"503 of the API", accountserver.Fault{Status: 503, RetryAfter: "7"}, api, 503, [2]string{"Retry-After", "7"}, `"code":"SERVICE_UNAVAILABLE"`},
		{"429 of the API", accountserver.Fault{Status: 429, RetryAfter: "soon"}, api, 429, [2]string{"Retry-After", "soon"}, `"code":"RATE_LIMITED"`},
		{"429 of the token endpoint", accountserver.Fault{Status: 429, XRetryAfter: "9"}, token, 429, [2]string{"X-Retry-After", "9"}, `{"message":"Too many requests. Please try again later."}`},
		{"500 of the token endpoint", accountserver.Fault{Status: 500}, token, 500, [2]string{}, `"error":"server_error"`},
		{"503 of prompts", accountserver.Fault{Status: 503}, accountserver.InferencePath, 503, [2]string{}, `{"error":{"message":"Service Unavailable"}}`},
		{"401 of prompts", accountserver.Fault{Status: 401}, accountserver.InferencePath, 401, [2]string{}, `{"error":"Unauthorized"}`},
		{"a captive portal", accountserver.Fault{HTML: true}, token, 200, [2]string{"Content-Type", "text/html; charset=utf-8"}, "<h1>Welcome"},
		{"a redirect", accountserver.Fault{Redirect: "https://evil.example/"}, api, 302, [2]string{"Location", "https://evil.example/"}, ""},
		{"a body", accountserver.Fault{Body: `{"access_token":"x","expires_in":1e300}`}, token, 200, [2]string{"Content-Type", "application/json"}, `{"access_token":"x","expires_in":1e300}`},
		{"a status with a body", accountserver.Fault{Status: 400, Body: "no", ContentType: "text/plain"}, token, 400, [2]string{"Content-Type", "text/plain"}, "no"},
	}
	w := newWorld(t, accountserver.Config{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.ClearFaults()
			w.Fail(test.fault)
			a := w.do(http.MethodPost, test.path, "")
			if a.StatusCode != test.status || !strings.Contains(a.body, test.body) {
				t.Errorf("status %d, body %s", a.StatusCode, a.body)
			}
			if name, want := test.header[0], test.header[1]; name != "" && a.Header.Get(name) != want {
				t.Errorf("%s: %q", name, a.Header.Get(name))
			}
		})
	}
}

func TestFaultMatchesItsRequestsAndTimes(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	_, refresh := w.IssueTokens(ada)
	w.Fail(accountserver.Fault{Path: accountserver.TokenPath, Grant: "refresh_token", Status: 503, Times: 2})
	w.Fail(accountserver.Fault{Path: "/log", Status: 502, Times: 1})
	w.Fail(accountserver.Fault{Path: "/login", Status: 404, Times: 1})
	for i, want := range []int{503, 503, 200} {
		if a := w.refreshGrant(refresh); a.StatusCode != want {
			t.Errorf("refresh %d: status %d", i, a.StatusCode)
		}
	}
	for i, want := range []int{502, 404, 200} {
		if a := w.get("/login"); a.StatusCode != want {
			t.Errorf("page %d: status %d", i, a.StatusCode)
		}
	}
	w.Fail(accountserver.Fault{Path: accountserver.TokenPath, Grant: "refresh_token", Status: 503})
	if a := w.exchange(w.code()); a.StatusCode != http.StatusOK {
		t.Errorf("another grant: status %d", a.StatusCode)
	}
	w.Fail(accountserver.Fault{Status: 500})
	for range 3 {
		if a := w.get("/login"); a.StatusCode != 500 {
			t.Errorf("until cleared: status %d", a.StatusCode)
		}
	}
	w.ClearFaults()
	if a := w.get("/login"); a.StatusCode != http.StatusOK {
		t.Errorf("cleared: status %d", a.StatusCode)
	}
}

func TestDropBeforeAndAfterProcessing(t *testing.T) {
	for _, processed := range []bool{false, true} {
		w := newWorld(t, accountserver.Config{StrictRotation: true})
		_, refresh := w.IssueTokens(ada)
		w.Fail(accountserver.Fault{Drop: !processed, DropAfterProcessing: processed})
		body := values("grant_type", "refresh_token", "refresh_token", refresh, "client_id", accountserver.ClientID).Encode()
		_, err := w.try(http.MethodPost, accountserver.TokenPath, body, "Content-Type", "application/x-www-form-urlencoded")
		if !errors.Is(err, io.EOF) {
			t.Errorf("processed %v: error %v", processed, err)
		}
		if w.RefreshValid(refresh) == processed {
			t.Errorf("processed %v: wrong state of the refresh token", processed)
		}
		if got := w.Requests(); len(got) != 1 || got[0].Status != 0 || !got[0].Faulted {
			t.Errorf("recorded %+v", got)
		}
	}
}

func TestTruncate(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	_, refresh := w.IssueTokens(ada)
	body := values("grant_type", "refresh_token", "refresh_token", refresh, "client_id", accountserver.ClientID).Encode()
	for _, fault := range []accountserver.Fault{{Truncate: true}, {Truncate: true, Body: `{"access_token":"x"}`}, {Truncate: true, Redirect: "/"}} {
		w.ClearFaults()
		w.Fail(fault)
		a, err := w.try(http.MethodPost, accountserver.TokenPath, body, "Content-Type", "application/x-www-form-urlencoded")
		if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(a.body)) >= a.ContentLength {
			t.Errorf("error %v, %d of %d bytes", err, len(a.body), a.ContentLength)
		}
	}
}

func TestDelayEndsWhenTheClientLeaves(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	w.Fail(accountserver.Fault{Delay: time.Hour})
	for method, body := range map[string]string{http.MethodGet: "", http.MethodPost: `{"messages":[]}`} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		r, err := http.NewRequestWithContext(ctx, method, w.origin+accountserver.InferencePath, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.browser.Do(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v", method, err)
		}
		cancel()
	}
	w.ClearFaults()
	w.Fail(accountserver.Fault{Delay: time.Millisecond})
	if a := w.get("/login"); a.StatusCode != http.StatusOK {
		t.Errorf("after a delay: status %d", a.StatusCode)
	}
}

func TestEndlessEndsWhenTheClientLeaves(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	w.Fail(accountserver.Fault{Endless: true})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.origin+"/login", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := w.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if n, err := io.CopyN(io.Discard, response.Body, 8<<20); err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}
