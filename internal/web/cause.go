package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// cause is an error in plain words.
type cause struct {
	text string
	is   error // for errors.Is: a context's error, a syscall.Errno, ErrTooLarge, or nil
}

func (c *cause) Error() string { return c.text }

func (c *cause) Unwrap() error { return c.is }

// Cause returns err in plain words about the service, such as "connection refused"
// or "it did not answer in time". errors.Is finds context.Canceled,
// context.DeadlineExceeded (for any timeout), [ErrTooLarge] and the
// [syscall.Errno] in it. The words are an allowlist, because net/http quotes
// malformed answers, which can repeat the request's token, and proxies with their
// passwords: any other error is "the connection failed". Cause(nil) is nil.
func Cause(err error) error {
	var named *cause
	switch {
	case err == nil:
		return nil
	case errors.As(err, &named):
		return named
	}
	c := classify(err)
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		c.text = "the proxy: " + c.text
	}
	return c
}

func classify(err error) *cause {
	var (
		dns   *net.DNSError
		cert  *tls.CertificateVerificationError
		late  net.Error
		errno syscall.Errno
		alert tls.AlertError
	)
	switch {
	case errors.Is(err, ErrTooLarge):
		return &cause{ErrTooLarge.Error(), ErrTooLarge}
	case errors.Is(err, context.Canceled):
		return &cause{"it was interrupted", context.Canceled}
	case errors.As(err, &dns):
		return lookup(dns)
	case errors.As(err, &cert):
		return &cause{"its certificate is not trusted: " + distrust(cert.Err), nil}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return &cause{"it did not answer in time", context.DeadlineExceeded}
	case errors.As(err, &errno):
		return system(errno)
	case errors.As(err, new(tls.RecordHeaderError)), errors.Is(err, http.ErrSchemeMismatch):
		return &cause{"it answered without TLS", nil}
	case errors.As(err, &alert):
		return &cause{"the TLS handshake failed", nil}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &cause{"the answer was cut off", nil}
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return &cause{"it closed the connection", nil}
	}
	return &cause{"the connection failed", nil}
}

func lookup(dns *net.DNSError) *cause {
	c := &cause{text: "host name lookup failed for " + text.Shorten(text.Line(dns.Name), 253)}
	switch {
	case dns.IsNotFound:
		c.text += ": it does not exist"
	case dns.IsTimeout:
		c.text, c.is = c.text+": the name server did not answer in time", context.DeadlineExceeded
	}
	return c
}

// distrust returns why a certificate is not trusted, without quoting it.
func distrust(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		roots   x509.SystemRootsError
	)
	switch {
	case errors.As(err, &unknown):
		return "no authority that this system knows has signed it (SSL_CERT_FILE names others)"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired or is not valid yet, or the clock of this machine is wrong"
	case errors.As(err, &name):
		return "it is for another name"
	case errors.As(err, &roots):
		return "this system has no list of authorities (SSL_CERT_FILE names one)"
	}
	return "it does not verify"
}

// Windows Sockets errors, which package syscall does not name on other systems.
const (
	wsaNetUnreachable  syscall.Errno = 10051
	wsaConnReset       syscall.Errno = 10054
	wsaTimedOut        syscall.Errno = 10060
	wsaConnRefused     syscall.Errno = 10061
	wsaHostUnreachable syscall.Errno = 10065
)

// system describes a failed system call: the common ones in plain words, others in the system's.
func system(errno syscall.Errno) *cause {
	switch errno {
	case syscall.ECONNREFUSED, wsaConnRefused:
		return &cause{"connection refused", errno}
	case syscall.ECONNRESET, syscall.EPIPE, wsaConnReset:
		return &cause{"it closed the connection", errno}
	case wsaTimedOut:
		return &cause{"it did not answer in time", context.DeadlineExceeded}
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH, wsaNetUnreachable, wsaHostUnreachable:
		return &cause{"the network has no route to it", errno}
	}
	return &cause{errno.Error(), errno}
}
