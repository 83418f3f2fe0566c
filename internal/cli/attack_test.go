package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// arrive visits a callback address like a browser and returns the page.
func arrive(t *testing.T, callback string) (page string) {
	t.Helper()
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: longest}
	resp, err := browser.Get(callback)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	heard.output([]string{"the page after login"}, string(text), "")
	return string(text)
}

// send writes a text to a port repeatedly, on connections that it counts and leaves
// open for a moment, until stop is closed.
func send(host, text string, sent *atomic.Int32, stop <-chan struct{}) {
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			conn.Close()
		}
	}()
	for {
		select {
		case <-stop:
			return
		default:
		}
		conn, err := net.Dial("tcp4", host)
		if err != nil {
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(conn, text)
		sent.Add(1)
		if open = append(open, conn); len(open) > 50 {
			open[0].Close()
			open = open[1:]
		}
	}
}

// listeningLogin starts a login that listens on a callback port.
func (w *world) listeningLogin() (cmd *exec.Cmd, address string, stderr *syncBuffer) {
	w.Helper()
	cmd, stderr = w.command("login"), &syncBuffer{}
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = cmd.Process.Kill() })
	eventually(w, "a login that listens", func() bool { return strings.Contains(stderr.String(), "Ctrl-C") })
	if strings.Contains(stderr.String(), "No callback port") {
		w.Fatalf("the callback ports are taken: %s", stderr)
	}
	return cmd, accountserver.AuthorizeURL(stderr.String()), stderr
}

// Another user floods the port with every kind of request, before and after the
// browser arrives. The sign-in succeeds.
func TestSignInThroughAFlood(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	cmd, address, stderr := w.listeningLogin()
	callback, err := walk(address, ada)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}
	state, own := u.Query().Get("state"), "Host: "+u.Host+"\r\n"
	stop, attackers, sent := make(chan struct{}), sync.WaitGroup{}, atomic.Int32{}
	for _, text := range []string{
		"", // silence
		"GET /auth/callback?code=c HTTP/1.1\r\n" + own, // no end of headers
		"GET /auth/callback?code=c&state=" + strings.Repeat("A", len(state)) + " HTTP/1.1\r\n" + own + "\r\n",
		"GET /auth/callback?error=access_denied HTTP/1.1\r\n" + own + "\r\n",
		"GET " + u.RequestURI() + " HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET " + u.RequestURI() + " HTTP/1.1\r\n" + own + "Sec-Fetch-Dest: iframe\r\n\r\n",
		"GET /auth/callback HTTP/1.1\r\n" + own + "X: " + strings.Repeat("a", 10<<20) + "\r\n\r\n",
	} {
		attackers.Go(func() { send(u.Host, text, &sent, stop) })
	}
	t.Cleanup(attackers.Wait)
	t.Cleanup(func() { close(stop) })
	eventually(t, "the flood", func() bool { return sent.Load() > 200 })
	page := arrive(t, callback)
	err = cmd.Wait()
	heard.output(cmd.Args[1:], "", stderr.String())
	if err != nil || !strings.Contains(page, "You are signed in") {
		t.Fatalf("%v: %s\n%s", err, stderr, page)
	}
	if n := w.service.Count("authorization_code"); n != 1 || !w.service.Valid(w.token()) {
		t.Errorf("%d exchanges, or what was stored does not work", n)
	}
}

// A squatter on the first port receives nothing: the service redirects the browser
// to the second.
func TestASquatterOnTheFirstPortGetsNothing(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	squatter, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", w.service.ports[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close()
	go func() {
		for {
			conn, err := squatter.Accept()
			if err != nil {
				return
			}
			t.Error("the squatter was visited")
			conn.Close()
		}
	}()
	cmd, address, stderr := w.listeningLogin()
	callback, err := walk(address, ada)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(callback, fmt.Sprintf("http://127.0.0.1:%d/", w.service.ports[1])) {
		t.Errorf("the browser is sent to %.30s", callback)
	}
	arrive(t, callback)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	heard.output(cmd.Args[1:], "", stderr.String())
}

// A sign-in whose code somebody else used first ends in a clear error and keeps the
// session before it.
func TestAReplayedCodeCostsNothing(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token, _ := w.seed(time.Hour, "keychain")
	thief := func(shown string) (string, error) {
		callback, err := walk(accountserver.AuthorizeURL(shown), ada)
		if err != nil {
			return "", err
		}
		u, err := url.Parse(callback)
		if err != nil {
			return "", err
		}
		resp, err := http.PostForm(w.service.url+accountserver.TokenPath, url.Values{"grant_type": {"authorization_code"},
			"client_id": {accountserver.ClientID}, "code": {u.Query().Get("code")}, "code_verifier": {strings.Repeat("v", 43)},
			"redirect_uri": {u.Scheme + "://" + u.Host + u.Path}})
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			err = fmt.Errorf("the thief was given tokens without the verifier")
		}
		return callback, err
	}
	cmd := w.command("login", "--no-browser")
	stdout, stderr, err := runAttended(cmd, thief)
	heard.output(cmd.Args[1:], stdout, stderr)
	if exitCode(err) == exitOK || !strings.Contains(stderr, "login") {
		t.Errorf("%v: %s", err, stderr)
	}
	if w.token() != token {
		t.Error("the session before is gone")
	}
}

// No flag takes a secret, because `ps` and the shell's history show arguments. A
// secret given as an argument all the same is not repeated in the error.
func TestNoArgumentTakesASecret(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	const secret = "sk-proj-0123456789abcdef"
	heard.secret(secret)
	for _, args := range []string{
		"login --provider openai --with-token SECRET", "login --provider openai --with-api-key SECRET",
		"login --with-token=SECRET", "login --with-api-key=SECRET", "login --provider SECRET", "login --timeout SECRET",
		"login --token SECRET", "login --token=SECRET", "login --SECRET", "login --=SECRET", "login ---SECRET", "login -SECRET",
		"SECRET", "auth SECRET", "auth token SECRET", "auth token --min-ttl=SECRET", "auth migrate --to SECRET",
		"logout --all=SECRET", "completion SECRET",
	} {
		for _, json := range []string{"", " --json"} {
			cmd := w.command(strings.Fields(strings.ReplaceAll(args+json, "SECRET", secret))...)
			out, err := cmd.CombinedOutput()
			if exitCode(err) != exitUsage || len(out) == 0 || heard.holds(string(out)) {
				t.Errorf("mogplex %s%s: %v: %s", args, json, err, strings.ReplaceAll(string(out), secret, "SECRET"))
			}
			if json != "" && !strings.Contains(string(out), `"code": "usage"`) {
				t.Errorf("mogplex %s%s: %s", args, json, out)
			}
		}
	}
}
