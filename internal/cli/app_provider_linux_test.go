package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// The app sends a provider's key to that provider alone, lists its models, and
// answers a prompt.
func TestAppAsksTheProvider(t *testing.T) {
	t.Parallel()
	const key = "sk-proj-MARKMARKMARK9876543210"
	heard.secret(key)
	w := fakeWorld(t, accountserver.Config{})
	asked := w.pretendToBe("api.openai.com", func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+key:
			http.Error(rw, `{"error":{"message":"another key"}}`, http.StatusUnauthorized)
		case r.URL.Path == "/v1/models":
			fmt.Fprint(rw, `{"data":[{"id":"gpt-demo"}]}`)
		default:
			rw.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(rw, `data: {"choices":[{"delta":{"content":"Hello from the provider."}}]}`+"\n\ndata: [DONE]\n\n")
		}
	})
	w.env = append(w.env, "OPENAI_API_KEY="+key)
	at := w.screen(wide)
	at.shows("OPENAI_API_KEY")
	at.enters("/models")
	at.shows("gpt-demo")
	at.presses("enter")
	at.shows("Now using gpt-demo.")
	at.enters("hi")
	at.shows("Hello from the provider.")
	at.leaves()
	if got := asked.Load(); got != 2 {
		t.Errorf("the provider was asked %d times", got)
	}
	if got := len(w.service.Requests()); got != 0 {
		t.Errorf("the account service was asked %d times", got)
	}
	w.logsAreClean()
}

// pretendToBe has a host of the internet be this handler, by a proxy and a
// certificate of the test's own. It counts the requests.
func (w *world) pretendToBe(host string, handler http.HandlerFunc) *atomic.Int32 {
	w.Helper()
	asked := new(atomic.Int32)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		handler(rw, r)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{w.certificate(host)}}
	server.StartTLS()
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != host+":443" {
			http.Error(rw, "not for this test", http.StatusForbidden)
			return
		}
		tunnel(rw, server.Listener.Addr().String())
	}))
	w.Cleanup(server.Close)
	w.Cleanup(proxy.Close)
	w.env = append(w.env, "HTTPS_PROXY="+proxy.URL)
	return asked
}

// tunnel connects a proxy's client to an address.
func tunnel(rw http.ResponseWriter, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	defer to.Close()
	from, client, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		return
	}
	defer from.Close()
	_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		defer to.Close()
		_, _ = io.Copy(to, client) // the buffer holds what came early
	}()
	_, _ = io.Copy(from, to)
}

// certificate is one for a host, which the world's mogplex trusts.
func (w *world) certificate(host string) tls.Certificate {
	w.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		w.Fatal(err)
	}
	path := filepath.Join(w.runtime, "trusted.pem")
	var text strings.Builder
	_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		w.Fatal(err)
	}
	w.env = append(w.env, "SSL_CERT_FILE="+path)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
