package hosted_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/login"
)

// serve runs the development account service and returns a client for it.
func serve(t *testing.T, config accountserver.Config) (*accountserver.Server, hosted.Client) {
	service := accountserver.New(config)
	ts := httptest.NewServer(service)
	t.Cleanup(ts.Close)
	return service, hosted.Client{Origin: ts.URL, HTTP: login.NewHTTPClient("")}
}

func TestCheckAsksTheService(t *testing.T) {
	service, client := serve(t, accountserver.Config{})
	if err := client.Check(t.Context(), service.IssuePAT("ada@example.test")); err != nil {
		t.Errorf("a personal access token: %v", err)
	}
	access, _ := service.IssueTokens("ada@example.test")
	if err := client.Check(t.Context(), access); err != nil {
		t.Errorf("an access token: %v", err)
	}
	service.RevokeAll("ada@example.test")
	if err := client.Check(t.Context(), access); !errors.Is(err, hosted.ErrUnauthorized) {
		t.Errorf("a revoked token: %v", err)
	}
}

func TestARedirectIsNotFollowedAndMeansUnauthorized(t *testing.T) {
	carried := make(chan string, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		carried <- r.Header.Get("Authorization")
	}))
	t.Cleanup(elsewhere.Close)
	service, client := serve(t, accountserver.Config{})
	service.Fail(accountserver.Fault{Path: "/api/v1/", Redirect: elsewhere.URL})
	err := client.Check(t.Context(), service.IssuePAT("ada@example.test"))
	if !errors.Is(err, hosted.ErrUnauthorized) {
		t.Errorf("error %v; want ErrUnauthorized", err)
	}
	select {
	case header := <-carried:
		t.Errorf("the redirect was followed, with %d bytes of Authorization", len(header))
	default:
	}
}

func TestFailures(t *testing.T) {
	const secret = "mog_marked0secret0in0the0body000000000"
	for name, c := range map[string]struct {
		fault accountserver.Fault
		want  error
		wait  time.Duration
	}{
		"401":       {accountserver.Fault{Status: 401, Body: secret}, hosted.ErrUnauthorized, 0},
		"403":       {accountserver.Fault{Status: 403, Body: secret, RetryAfter: "7"}, hosted.ErrForbidden, 0},
		"429":       {accountserver.Fault{Status: 429, RetryAfter: "7"}, hosted.ErrRateLimited, 7 * time.Second},
		"500":       {accountserver.Fault{Status: 500, Body: secret}, hosted.ErrUnreachable, 0},
		"503":       {accountserver.Fault{Status: 503, RetryAfter: "2"}, hosted.ErrUnreachable, 2 * time.Second},
		"404":       {accountserver.Fault{Status: 404}, hosted.ErrUnreachable, 0},
		"html":      {accountserver.Fault{HTML: true}, hosted.ErrUnreachable, 0},
		"truncated": {accountserver.Fault{Truncate: true}, hosted.ErrUnreachable, 0},
		"dropped":   {accountserver.Fault{Drop: true}, hosted.ErrUnreachable, 0},
		"rubbish":   {accountserver.Fault{Status: 200, Body: secret}, hosted.ErrUnreachable, 0},
		"not ok":    {accountserver.Fault{Status: 200, Body: `{"ok":false}`}, hosted.ErrUnreachable, 0},
		"endless":   {accountserver.Fault{Endless: true}, hosted.ErrUnreachable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			service, client := serve(t, accountserver.Config{})
			c.fault.Path = "/api/v1/"
			service.Fail(c.fault)
			err := client.Check(t.Context(), service.IssuePAT("ada@example.test"))
			var failed *hosted.Error
			if !errors.Is(err, c.want) || !errors.As(err, &failed) || failed.RetryAfter != c.wait {
				t.Fatalf("%v; want %v with a wait of %s", err, c.want, c.wait)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), client.Origin) {
				t.Errorf("the error quotes the answer or the request: %v", err)
			}
		})
	}
}

// Only statuses 403 and 503 are about the account or the service; their message is quoted, cleaned and without the token.
func TestMessagesAreQuoted(t *testing.T) {
	service, client := serve(t, accountserver.Config{})
	token := service.IssuePAT("ada@example.test")
	const long = "mog_MARKED0secret0on0the0wire00000000"
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{403, `{"ok":false,"error":{"code":"FORBIDDEN","message":"Ask your admin\n\u001b[2J for \u202eRuns."}}`,
			"the service does not allow this account to do that: Ask your admin for Runs."},
		{403, `{"error":{"message":"token ` + token[:12] + ` lacks a scope"}}`,
			"the service does not allow this account to do that: token [redacted] lacks a scope"},
		{503, `{"ok":false,"error":{"code":"SERVICE_UNAVAILABLE","message":"Back at noon."}}`,
			"no usable answer from the service: Back at noon."},
		{503, `{"error":{"message":7}}`, "no usable answer from the service (HTTP 503)"},
		{503, `Back at noon.`, "no usable answer from the service (HTTP 503)"},
		{500, `{"error":{"message":"` + long + `"}}`, "no usable answer from the service (HTTP 500)"},
		{401, `{"error":{"message":"` + long + `"}}`, "the service does not accept the credential (HTTP 401)"},
		{404, `{"error":{"code":"NOT_FOUND","message":"` + long + `"}}`, "the service has nothing by that name (HTTP 404)"},
	} {
		service.ClearFaults()
		service.Fail(accountserver.Fault{Path: accountserver.APIPath, Status: c.status, Body: c.body})
		if err := client.Check(t.Context(), token); err == nil || err.Error() != c.want {
			t.Errorf("%d %s:\n%v want\n%s", c.status, c.body, err, c.want)
		}
	}
}

// net/http quotes malformed answers, which can repeat the request.
func TestAMalformedAnswerIsNotQuoted(t *testing.T) {
	const secret = "mog_MARKED0secret0on0the0wire00000000"
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nX-\x01: " + r.Header.Get("Authorization") + "\r\n\r\n"))
	}))
	t.Cleanup(echo.Close)
	client := hosted.Client{Origin: echo.URL, HTTP: login.NewHTTPClient("")}
	err := client.Check(t.Context(), secret)
	if !errors.Is(err, hosted.ErrUnreachable) || strings.Contains(err.Error(), "MARK") {
		t.Errorf("quoted, or not ErrUnreachable: %v", errors.Is(err, hosted.ErrUnreachable))
	}
}

func TestUnreachableAndCancelled(t *testing.T) {
	client := hosted.Client{Origin: "http://127.0.0.1:1", HTTP: login.NewHTTPClient("")}
	if err := client.Check(t.Context(), "t"); !errors.Is(err, hosted.ErrUnreachable) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client.Check(ctx, "t"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
}
