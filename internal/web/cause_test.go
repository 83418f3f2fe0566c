package web_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// goWords are phrases of Go's packages that no message may contain.
var goWords = []string{"context", "deadline exceeded", "dial", "tcp", "EOF", "no such host", "x509", "tls:", "net/http", "read:", "write:"}

// newServer starts a server that does not log failed handshakes.
func newServer(t *testing.T, encrypted bool, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if encrypted {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.URL
}

// gone returns the address of a server that has ended.
func gone() string {
	s := httptest.NewServer(nil)
	s.Close()
	return s.URL
}

// The causes come from real connections, so that the test fails with a Go release that
// wraps one differently.
func TestCausesOfRealFailures(t *testing.T) {
	silent := newServer(t, false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	closes := newServer(t, false, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	half := newServer(t, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	})
	plain := newServer(t, false, func(http.ResponseWriter, *http.Request) {})
	stranger := newServer(t, true, func(http.ResponseWriter, *http.Request) {})
	proxied := func(address string) *http.Transport {
		return &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(address) }}
	}
	noTime := func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.Background(), 50*time.Millisecond)
	}
	stopped := func() (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx, cancel
	}
	for _, c := range []struct {
		name, address string
		transport     *http.Transport
		ctx           func() (context.Context, context.CancelFunc)
		want          string
		is            error
	}{
		{name: "nobody listens", address: gone(), want: "connection refused", is: syscall.ECONNREFUSED},
		{name: "silence", address: silent, ctx: noTime, want: "it did not answer in time", is: context.DeadlineExceeded},
		{name: "no headers", address: silent, transport: &http.Transport{ResponseHeaderTimeout: time.Millisecond},
			want: "it did not answer in time", is: context.DeadlineExceeded},
		{name: "interrupted", address: silent, ctx: stopped, want: "it was interrupted", is: context.Canceled},
		{name: "closed", address: closes, want: "it closed the connection"},
		{name: "cut off", address: half, want: "the answer was cut off"},
		{name: "plain http", address: strings.Replace(plain, "http:", "https:", 1), want: "it answered without TLS"},
		{name: "stranger", address: stranger, want: "its certificate is not trusted: no authority that this system knows has signed it (SSL_CERT_FILE names others)"},
		{name: "no such host", address: "http://nobody.invalid", want: "host name lookup failed for nobody.invalid"},
		{name: "proxy gone", address: "http://service.invalid", transport: proxied(gone()), want: "the proxy: connection refused", is: syscall.ECONNREFUSED},
		{name: "bad proxy", address: "http://service.invalid", transport: proxied("http://u:secret@["), want: "the connection failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if c.ctx != nil {
				ctx, cancel = c.ctx()
			}
			defer cancel()
			if c.transport == nil {
				c.transport = &http.Transport{}
			}
			defer c.transport.CloseIdleConnections()
			raw := get(ctx, c.transport, c.address)
			err := web.Cause(raw)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%v: %v", raw, err)
			}
			for _, word := range append(goWords, "secret") {
				if strings.Contains(err.Error(), word) {
					t.Errorf("%q in %q", word, err)
				}
			}
		})
	}
}

func get(ctx context.Context, transport http.RoundTripper, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

func TestOtherCauses(t *testing.T) {
	certificate := func(err error) error { return &url.Error{Err: &tls.CertificateVerificationError{Err: err}} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{certificate(x509.CertificateInvalidError{Reason: x509.Expired}), "its certificate is not trusted: it has expired or is not valid yet, or the clock of this machine is wrong"},
		{certificate(x509.HostnameError{Certificate: new(x509.Certificate)}), "its certificate is not trusted: it is for another name"},
		{certificate(x509.SystemRootsError{}), "its certificate is not trusted: this system has no list of authorities (SSL_CERT_FILE names one)"},
		{certificate(errors.New("secret")), "its certificate is not trusted: it does not verify"},
		{&net.DNSError{Name: "a\x1b.b", IsNotFound: true}, "host name lookup failed for a.b: it does not exist"},
		{&net.DNSError{Name: "a.b", IsTimeout: true}, "host name lookup failed for a.b: the name server did not answer in time"},
		{&net.OpError{Op: "dial", Err: syscall.Errno(10061)}, "connection refused"},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, "the network has no route to it"},
		{fmt.Errorf("again: %w", web.Cause(io.EOF)), "it closed the connection"},
		{errors.New("secret"), "the connection failed"},
	} {
		if got := web.Cause(c.err); got.Error() != c.want {
			t.Errorf("%v: %q", c.err, got)
		}
	}
	if web.Cause(nil) != nil {
		t.Error("nil is a cause")
	}
}
