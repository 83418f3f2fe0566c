package login

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

const (
	maxBody         = 1 << 20 // of an answer to a request of this package
	maxAnyBody      = 8 << 20 // of an answer to any request of NewHTTPClient's
	maxHeader       = 64 << 10
	dialTimeout     = 10 * time.Second
	headerTimeout   = 20 * time.Second
	requestTimeout  = 30 * time.Second
	idleConnTimeout = 30 * time.Second
)

// NewHTTPClient returns an HTTP client whose requests carry userAgent, such as
// "mogplex/1.2.3" (RFC 9110 section 10.1.5); empty leaves them Go's own. It
// follows no redirect, stores no cookie, takes proxies from the environment, gives
// up after 30 seconds, and fails a response body at 8 MiB after decompression.
// SSL_CERT_FILE works on every platform: instead of the system's roots on Linux
// and the BSDs, as everywhere in Go, and in addition to them on macOS and Windows.
func NewHTTPClient(userAgent string) *http.Client {
	t := newTransport(userAgent)
	t.ResponseHeaderTimeout, t.maxBody = headerTimeout, maxAnyBody
	return &http.Client{Timeout: requestTimeout, CheckRedirect: noRedirect, Transport: t}
}

// NewTransport returns the transport of [NewHTTPClient] without its limits on the
// time and size of an answer, for streams whose reader sets its own limits.
func NewTransport(userAgent string) http.RoundTripper { return newTransport(userAgent) }

func newTransport(userAgent string) *transport {
	return &transport{userAgent: userAgent, Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTimeout,
		MaxResponseHeaderBytes: maxHeader,
		IdleConnTimeout:        idleConnTimeout,
		MaxIdleConns:           4,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS12,
			RootCAs:    rootsWith(runtime.GOOS, os.Getenv("SSL_CERT_FILE")),
		},
	}}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// rootsWith returns the system's roots and those in file, on the platforms where
// crypto/x509 ignores SSL_CERT_FILE; nil means Go's own choice. A file that can't
// be read adds nothing, as in Go on the other platforms.
func rootsWith(goos, file string) *x509.CertPool {
	if file == "" || goos != "darwin" && goos != "windows" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil
	}
	pool.AppendCertsFromPEM(pem)
	return pool
}

// transport names the program in each request and bounds the bodies of the
// answers, unless maxBody is 0. It embeds its base for CloseIdleConnections.
type transport struct {
	*http.Transport
	userAgent string
	maxBody   int
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.userAgent != "" && req.Header.Get("User-Agent") == "" {
		req = req.Clone(req.Context()) // a RoundTripper must not change the caller's
		req.Header.Set("User-Agent", t.userAgent)
	}
	resp, err := t.Transport.RoundTrip(req)
	if err == nil && t.maxBody > 0 {
		resp.Body = &limitedBody{ReadCloser: resp.Body, left: t.maxBody}
	}
	return resp, err
}

type limitedBody struct {
	io.ReadCloser
	left int
}

func (b *limitedBody) Read(p []byte) (int, error) {
	// One byte more than is left distinguishes a body at the limit from a longer one.
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if n > b.left {
		n, b.left = b.left, 0
		return n, web.ErrTooLarge
	}
	b.left -= n
	return n, err
}
