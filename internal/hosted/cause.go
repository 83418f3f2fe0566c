package hosted

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"unicode"
)

// What was wrong with an answer, or with the connection. None quotes either.
var (
	errTooLong = errors.New("the answer is longer than 8 MiB")
	errCutOff  = errors.New("the answer was cut off")
	errTooSlow = errors.New("there was no answer in time")
	errForeign = errors.New("the answer is not one of its API; a proxy or the sign-in page of a network may be in between")
	errClosed  = errors.New("the connection was closed")
)

// broken is a call that brought no answer. That the caller's patience is over
// says no less about the service than a limit of ours; that a person stopped it
// says nothing.
func broken(ctx context.Context, status int, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &Error{Kind: ErrUnreachable, Status: status, Err: cause(ctx, err)}
}

// cause names the failure of a connection. It is an allowlist: net/http quotes
// malformed answers, which can repeat the request's token, and proxies with
// their passwords.
func cause(ctx context.Context, err error) error {
	var (
		dns   *net.DNSError
		cert  *tls.CertificateVerificationError
		errno syscall.Errno
		late  net.Error
	)
	switch {
	case ctx.Err() != nil, errors.As(err, &late) && late.Timeout():
		return errTooSlow
	case errors.Is(err, errTooLong):
		return errTooLong
	case errors.Is(err, errCutOff):
		return errCutOff
	case errors.As(err, &dns):
		return fmt.Errorf("host name lookup failed for %s", strings.Map(graphic, dns.Name))
	case errors.As(err, &cert):
		return errors.New("its certificate is not trusted")
	case errors.As(err, &errno):
		return errno
	}
	return errClosed
}

// graphic takes out what is not fit to show.
func graphic(r rune) rune {
	if unicode.IsGraphic(r) {
		return r
	}
	return -1
}
