package cli

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// networkFault is why a refresh fails although the session is valid.
type networkFault struct {
	name  string
	fault accountserver.Fault // of the token endpoint
	all   bool                // of every endpoint
	url   string              // of something else that stands where the service was
	exit  int
	says  string
}

func networkFaults(t *testing.T) []networkFault {
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	return []networkFault{
		{name: "500", fault: accountserver.Fault{Status: 500}, exit: exitUnavailable, says: "server_error"},
		{name: "502 of a proxy", fault: accountserver.Fault{Status: 502, Body: "<h1>Bad gateway</h1>", ContentType: "text/html"}, exit: exitUnavailable, says: "HTTP 502"},
		{name: "503 with Retry-After", fault: accountserver.Fault{Status: 503, RetryAfter: "7"}, exit: exitUnavailable, says: "in 7 seconds"},
		{name: "429", fault: accountserver.Fault{Status: 429}, exit: exitTryAgain, says: "Wait"},
		{name: "429 with Retry-After", fault: accountserver.Fault{Status: 429, RetryAfter: "11"}, exit: exitTryAgain, says: "in 11 seconds"},
		{name: "429 with X-Retry-After", fault: accountserver.Fault{Status: 429, XRetryAfter: "13"}, exit: exitTryAgain, says: "in 13 seconds"},
		{name: "429 with rubbish", fault: accountserver.Fault{Status: 429, RetryAfter: "soon"}, exit: exitTryAgain, says: "Wait"},
		{name: "captive portal", fault: accountserver.Fault{HTML: true}, all: true, exit: exitUnavailable, says: "something other than the service"},
		{name: "captive portal by redirect", fault: accountserver.Fault{Redirect: "https://portal.invalid/login"}, all: true, exit: exitUnavailable, says: "HTTP 302"},
		{name: "cut off", fault: accountserver.Fault{Truncate: true, Body: `{"access_token":"half`}, exit: exitUnavailable, says: "the answer was cut off"},
		{name: "dropped", fault: accountserver.Fault{Drop: true}, exit: exitUnavailable, says: "no usable answer"},
		{name: "endless", fault: accountserver.Fault{Endless: true}, exit: exitUnavailable, says: "too large"},
		{name: "host unknown", url: "https://no-such-host.invalid", exit: exitUnavailable, says: "host name lookup failed"},
		{name: "connection refused", url: "http://127.0.0.1:1", exit: exitUnavailable, says: "refused"},
		{name: "certificate of a stranger", url: stranger.URL, exit: exitUnavailable, says: "certificate"},
	}
}

// TestABadNetworkSignsNobodyOut lets a refresh fail in every way that proves nothing
// about the session: a token that is still valid is used, an expired one ends with
// the cause and its exit code, the refresh token stays, and each command asks the
// service once.
func TestABadNetworkSignsNobodyOut(t *testing.T) {
	t.Parallel()
	for _, c := range networkFaults(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{StrictRotation: true})
			if c.url != "" {
				w.service = &service{Server: w.service.Server, url: c.url}
				w.env = append(w.env, "MOGPLEX_URL="+c.url)
			} else if c.fault.Path = accountserver.TokenPath; c.all {
				c.fault.Path = ""
			}
			fail := func() {
				if c.url == "" {
					w.service.Fail(c.fault)
				}
			}
			fail()
			token, _ := w.seed(50*time.Second, "keychain")
			code, out, said := w.run("auth", "token")
			if code != 0 || out != token+"\n" || !strings.Contains(said, "the token was not renewed") {
				t.Errorf("with a token that lasts: exit %d: %s", code, said)
			}
			w.wantAsked(c, 1)
			w.must("logout")
			_, refresh := w.seed(-time.Minute, "keychain")
			for i, args := range []string{"auth token", "auth refresh", ""} {
				code, out, said := w.run(strings.Fields(args)...)
				if code != c.exit || out != "" || !strings.Contains(said, c.says) {
					t.Errorf("mogplex %s: exit %d in place of %d: %s", args, code, c.exit, said)
				}
				if strings.Contains(said, "not signed in") || strings.Contains(said, "mogplex login") {
					t.Errorf("mogplex %s speaks of signing in: %s", args, said)
				}
				w.wantAsked(c, 2+i)
			}
			if !w.service.RefreshValid(refresh) {
				t.Fatal("the refresh token was lost")
			}
			if w.service.ClearFaults(); c.url == "" && !w.service.Valid(w.token()) {
				t.Error("the next token does not work")
			}
		})
	}
}

func (w *world) wantAsked(c networkFault, times int) {
	w.Helper()
	if n := w.service.refreshes(); c.url == "" && n != times {
		w.Errorf("the service was asked %d times in place of %d", n, times)
	}
	for _, r := range w.service.Requests() {
		if strings.HasSuffix(r.Path, "/authorize") {
			w.Error("a sign-in was started")
		}
	}
}

// TestAServiceThatNeverAnswersTimesOut waits for the longest limit that a command has.
func TestAServiceThatNeverAnswersTimesOut(t *testing.T) {
	t.Parallel()
	deep.Only(t)
	w := fakeWorld(t, accountserver.Config{})
	w.service.Fail(accountserver.Fault{Path: accountserver.TokenPath, Delay: time.Hour})
	_, refresh := w.seed(-time.Minute, "keychain")
	started := time.Now()
	code, out, said := w.run("auth", "token")
	if took := time.Since(started); code != exitUnavailable || out != "" || took > 20*time.Second+longest {
		t.Errorf("exit %d after %s: %s", code, took, said)
	}
	if !strings.Contains(said, "Waiting for the credential") {
		t.Errorf("it waited without a word: %s", said)
	}
	if w.service.ClearFaults(); !w.service.RefreshValid(refresh) || !w.service.Valid(w.token()) {
		t.Error("the session was lost")
	}
}

// Another process keeps the lock: a command that has a valid token does not wait for
// it, and one that needs a new token asks to try again.
func TestAHeldLockTimesOut(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token, refresh := w.seed(30*time.Minute, "keychain")
	held := flock.New(w.lockPath())
	if err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Unlock() }()
	code, _, said := w.run("auth", "refresh")
	if code != exitTryAgain || !strings.Contains(said, "another mogplex process is using the credential") || !strings.Contains(said, "Try again") {
		t.Errorf("exit %d: %s", code, said)
	}
	code, out, said := w.run("auth", "token", "--min-ttl", "45m")
	if code != 0 || out != token+"\n" || !strings.Contains(said, "the token was not renewed: another mogplex process") {
		t.Errorf("exit %d: %s", code, said)
	}
	if n := w.service.refreshes(); n != 0 || !w.service.RefreshValid(refresh) {
		t.Errorf("%d refreshes without the lock", n)
	}
}

// TestAWrongClockNeitherLoopsNorSignsOut uses sessions that were stored while the
// clock was hours off.
func TestAWrongClockNeitherLoopsNorSignsOut(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-26 * time.Hour, -5 * time.Hour, 5 * time.Hour, 26 * time.Hour, 20 * 365 * 24 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{StrictRotation: true})
			w.seed(off, "keychain")
			for range 3 {
				if !w.service.Valid(w.token()) {
					t.Fatal("the token does not work")
				}
			}
			if n := w.service.refreshes(); n > 1 {
				t.Errorf("%d refreshes for three tokens", n)
			}
			w.must("auth", "refresh") // what a user does after a 401
			token := w.token()
			if n := w.service.refreshes(); !w.service.Valid(token) || n > 2 {
				t.Errorf("after %d refreshes the token does not work", n)
			}
			for range 2 {
				if w.token() != token {
					t.Error("the token is renewed again and again, or an older one is found")
				}
			}
		})
	}
}
