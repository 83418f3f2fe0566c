//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"
)

// The service as mogplex knows it, which the pictures are to show.
const (
	host   = "mogplex.com"
	origin = "https://" + host
)

// front is a proxy by which mogplex reaches a service on this machine under its
// public name. No other host is reached, and no request leaves the machine.
type front struct {
	proxy string // address
	root  string // file with the certificate to trust
	tls   *httptest.Server
	http  *httptest.Server
}

// newFront serves a handler as the public service, and writes the certificate to
// trust to the file root.
func newFront(service http.Handler, root string) (*front, error) {
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if err := os.WriteFile(root, text, 0o600); err != nil {
		return nil, err
	}
	f := &front{root: root, tls: httptest.NewUnstartedServer(service)}
	f.tls.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	f.tls.StartTLS()
	f.http = httptest.NewServer(http.HandlerFunc(f.connect))
	f.proxy = f.http.URL
	return f, nil
}

func (f *front) close() {
	f.http.Close()
	f.tls.Close()
}

// connect joins a tunnel for the public name with the service.
func (f *front) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Host != host+":443" {
		http.Error(w, "only "+origin+" is here", http.StatusForbidden)
		return
	}
	service, err := net.Dial("tcp", f.tls.Listener.Addr().String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer service.Close()
	w.WriteHeader(http.StatusOK)
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	go func() {
		_, _ = io.Copy(service, buffered)
		service.Close()
	}()
	_, _ = io.Copy(client, service)
}

// selfSigned makes a certificate for the public name that lives for an hour.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
