package login

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// fetchEnv makes the test binary fetch an address and exit: proxies and roots
// are read from the environment once per process.
const fetchEnv = "LOGIN_TEST_FETCH"

func fetch(address string) int {
	client := NewHTTPClient("")
	resp, err := client.Get(address)
	if err != nil {
		return 1
	}
	_ = resp.Body.Close()
	return resp.StatusCode - 200
}

func runFetch(t *testing.T, address string, env ...string) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), append(env, fetchEnv+"="+address)...)
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// newTLSServer returns a server that does not log failed handshakes.
func newTLSServer(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func certificateFile(t *testing.T, s *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSSLCertFile(t *testing.T) {
	s := newTLSServer(t)
	file := certificateFile(t, s)
	if code := runFetch(t, s.URL, "SSL_CERT_FILE="); code != 1 {
		t.Errorf("an unknown certificate was accepted: %d", code)
	}
	if code := runFetch(t, s.URL, "SSL_CERT_FILE="+file); code != 0 {
		t.Errorf("SSL_CERT_FILE is ignored on %s: %d", runtime.GOOS, code)
	}
}

// rootsWith is tested for macOS and Windows on every system.
func TestExtraRoots(t *testing.T) {
	s := newTLSServer(t)
	file := certificateFile(t, s)
	for _, goos := range []string{"darwin", "windows"} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: rootsWith(goos, file)}}
		resp, err := (&http.Client{Transport: transport}).Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		transport.CloseIdleConnections()
		if rootsWith(goos, "") != nil || rootsWith(goos, file+".absent") != nil {
			t.Errorf("%s: roots without a file", goos)
		}
	}
	if rootsWith("linux", file) != nil {
		t.Error("linux got roots of its own")
	}
}

// An attacker on the network can downgrade a connection to TLS 1.1 if both sides speak it.
func TestOldTLSIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	defer s.Close()
	for _, newest := range []uint16{0, tls.VersionTLS11} { // the default, and one that speaks it
		transport := newTransport("")
		transport.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		if newest != 0 {
			transport.TLSClientConfig.MinVersion = newest
		}
		resp, err := (&http.Client{Transport: transport}).Get(s.URL)
		if err == nil {
			_ = resp.Body.Close()
		}
		if (err == nil) != (newest != 0) {
			t.Errorf("version %#x: %v", newest, err)
		}
		transport.CloseIdleConnections()
	}
}

func TestProxyFromEnvironment(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "service.invalid" {
			w.WriteHeader(207)
		}
	}))
	defer proxy.Close()
	if code := runFetch(t, "http://service.invalid/", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy="); code != 7 {
		t.Errorf("the proxy was not used: %d", code)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 32<<20))
	_ = z.Close()
	size := maxAnyBody
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bomb" {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
			return
		}
		_, _ = w.Write(make([]byte, size))
	}))
	defer s.Close()
	client := NewHTTPClient("")
	defer client.CloseIdleConnections()
	read := func(path string) (int, error) {
		resp, err := client.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		return len(b), err
	}
	if n, err := read("/"); n != maxAnyBody || err != nil {
		t.Errorf("a body at the limit: %d, %v", n, err)
	}
	size++
	for _, path := range []string{"/", "/bomb"} {
		if n, err := read(path); n != maxAnyBody || !errors.Is(err, web.ErrTooLarge) {
			t.Errorf("%s: %d, %v", path, n, err)
		}
	}
}

// NewTransport limits neither the time nor the size of an answer.
func TestTransportForStreams(t *testing.T) {
	client, stream := NewHTTPClient("").Transport.(*transport), NewTransport("").(*transport)
	if stream.ResponseHeaderTimeout != 0 || stream.maxBody != 0 || client.ResponseHeaderTimeout == 0 ||
		stream.TLSClientConfig.MinVersion != tls.VersionTLS12 || stream.Proxy == nil {
		t.Errorf("%+v", stream)
	}
}

// Each kind of request has the user agent, unless the caller set the header.
func TestRequestsNameTheProgram(t *testing.T) {
	s := newService(t)
	s.metadata["revocation_endpoint"] = s.URL + "/revoke"
	agents := make(map[string]string)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents[r.URL.Path] = r.UserAgent()
		s.mux.ServeHTTP(w, r)
	})
	c := s.client()
	c.HTTP = NewHTTPClient("program/1.2")
	defer c.HTTP.CloseIdleConnections()
	if _, err := c.Refresh(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Revoke(t.Context(), "r", "refresh_token")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/own", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", "own")
	if resp, err := c.HTTP.Do(req); err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	want := map[string]string{"/.well-known/oauth-authorization-server": "program/1.2", "/api/auth/mcp/token": "program/1.2",
		"/revoke": "program/1.2", "/own": "own"}
	if !maps.Equal(agents, want) {
		t.Errorf("user agents %v", agents)
	}
}

// No redirect is followed, even with a client that follows them.
func TestRedirectsAreNotFollowed(t *testing.T) {
	followed := false
	s := newService(t)
	s.mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { followed = true })
	s.token = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	for _, base := range []*http.Client{nil, {Transport: &http.Transport{DisableKeepAlives: true}}} {
		c := s.client()
		c.HTTP = base
		if _, err := c.Refresh(context.Background(), markRefresh); !errors.Is(err, ErrUnreachable) || followed {
			t.Errorf("followed %v, err %v", followed, err)
		}
	}
}

// Each network failure is ErrUnreachable with its cause, and without secrets.
func TestUnreachable(t *testing.T) {
	gone := newService(t)
	gone.Close()
	silent, release := newService(t), make(chan struct{})
	silent.token = func(http.ResponseWriter, *http.Request) { <-release }
	defer close(release)
	rubbish, port := squat(t)
	defer func() { _ = rubbish.Close() }()
	go func() {
		for {
			conn, err := rubbish.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(conn, make([]byte, 16))
			_, _ = io.WriteString(conn, markRefresh+" is not HTTP\r\n\r\n")
			_ = conn.Close()
		}
	}()
	for name, c := range map[string]struct {
		client *Client
		says   string
	}{
		"connection refused":      {gone.client(), "connection refused"},
		"no answer":               {&Client{Origin: silent.URL, AllowLoopbackHTTP: true, HTTP: &http.Client{Timeout: 50 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}}, "it did not answer in time"},
		"not HTTP":                {&Client{Origin: "http://" + loopbackAddress(port), AllowLoopbackHTTP: true}, "the connection failed"},
		"unknown certificate":     {&Client{Origin: newTLSServer(t).URL}, "its certificate is not trusted: no authority"},
		"plain http behind https": {&Client{Origin: "https://" + loopbackAddress(port)}, "it answered without TLS"},
		"no such host":            {&Client{Origin: "https://nobody.invalid", HTTP: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}}, "host name lookup failed for nobody.invalid"},
	} {
		_, err := c.client.Refresh(context.Background(), markRefresh)
		if !errors.Is(err, ErrUnreachable) || !strings.HasPrefix(err.Error(), "refresh: no usable answer from the service: "+c.says) {
			t.Errorf("%s: err = %v", name, err)
			continue
		}
		checkNoSecret(t, err)
	}
}

func TestCancelRefresh(t *testing.T) {
	s := newService(t)
	ctx, cancel := context.WithCancel(context.Background())
	s.token = func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }
	if _, err := s.client().Refresh(ctx, "r"); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}
