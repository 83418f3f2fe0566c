package login

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
)

// deviceStartTimeout bounds the request for a code. The person sees no address before
// it ends, so it is short if the grant is one way among others.
const (
	deviceStartTimeout    = 10 * time.Second
	shortDeviceStartLimit = 3 * time.Second
)

// deviceGrant is a device grant (RFC 8628) in progress.
type deviceGrant struct {
	auth   *oauth2.DeviceAuthResponse
	result chan deviceResult // receives one value
	ended  chan struct{}
}

type deviceResult struct {
	grant *Grant
	err   error
}

// startDevice starts the device grant, if the service offers it, and polls until wait
// ends. If it can't start, the sign-in continues without it, unless the caller requires
// it.
func (a *attempt) startDevice(wait context.Context) error {
	required := a.flow.RequireDevice
	switch {
	case a.endpoints.device != "":
	case required:
		return &Error{Op: a.op, Kind: ErrNoDevice}
	default:
		return nil
	}
	limit := shortDeviceStartLimit
	if required {
		limit = deviceStartTimeout
	}
	cfg := a.config(a.endpoints, a.redirect)
	auth, err := a.requestDevice(wait, cfg, limit)
	switch {
	case err == nil:
	case required, wait.Err() != nil:
		return err
	default:
		a.flow.Notice("signing in on another device is not possible now: " + err.Error())
		return nil
	}
	d := &deviceGrant{auth: auth, result: make(chan deviceResult, 1), ended: make(chan struct{})}
	a.device = d
	go func() {
		defer close(d.ended)
		grant, err := a.pollDevice(wait, cfg, auth)
		d.result <- deviceResult{grant, err}
	}()
	return nil
}

func (s *service) requestDevice(ctx context.Context, cfg *oauth2.Config, limit time.Duration) (*oauth2.DeviceAuthResponse, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	auth, err := cfg.DeviceAuth(s.withReader(limited), s.consent()...)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	if auth.DeviceCode == "" || text.Line(auth.UserCode) == "" || !s.safeToShow(auth.VerificationURI) {
		return nil, &Error{Op: s.op, Kind: ErrBadAnswer}
	}
	if !s.safeToShow(auth.VerificationURIComplete) {
		auth.VerificationURIComplete = ""
	}
	return auth, nil
}

// safeToShow reports whether address may be shown to a person to open.
func (s *service) safeToShow(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host == "" || !web.VisibleASCII(address) || len(address) > 2048 {
		return false
	}
	_, err = CheckOrigin(u.Scheme+"://"+u.Host, s.loopback)
	return err == nil
}

// pollDevice polls until the person decides. After a poll without an answer it
// lengthens the interval (RFC 8628 section 3.5).
func (s *service) pollDevice(ctx context.Context, cfg *oauth2.Config, auth *oauth2.DeviceAuthResponse) (*Grant, error) {
	next := *auth
	if next.Interval < 1 {
		next.Interval = 5
	}
	for {
		requested := s.now()
		t, err := cfg.DeviceAccessToken(s.withReader(ctx, auth.DeviceCode), &next)
		if err == nil {
			return s.firstGrant(t, requested), nil
		}
		if ctx.Err() == nil && !auth.Expiry.IsZero() && !time.Now().Before(auth.Expiry) {
			return nil, &Error{Op: s.op, Kind: ErrTimeout, Code: "expired_token"}
		}
		failure := s.failed(ctx, err, auth.DeviceCode)
		if ctx.Err() != nil || !errors.Is(failure, ErrUnreachable) && !errors.Is(failure, ErrRateLimited) {
			return nil, failure
		}
		next.Interval = min(next.Interval+5, int64(maxInterval/time.Second))
	}
}

// deviceEnded handles the end of the device grant. It returns nil if the wait
// continues. A denial on the other device ends the sign-in; any other failure ends
// only the device grant.
func (a *attempt) deviceEnded(ctx context.Context, got deviceResult) *outcome {
	a.device.stop()
	a.device = nil
	var e *Error
	switch {
	case got.err == nil:
		o := a.save(ctx, got.grant)
		return &o
	case errors.As(got.err, &e) && e.Code == "access_denied", !a.hasChannel():
		return &outcome{err: got.err}
	}
	a.flow.Notice("signing in on another device is over: " + got.err.Error())
	return nil
}

// prompt returns the user code and the addresses to show.
func (d *deviceGrant) prompt() *DevicePrompt {
	return &DevicePrompt{
		UserCode:                text.Shorten(text.Line(d.auth.UserCode), 64),
		VerificationURL:         strings.TrimSpace(d.auth.VerificationURI),
		VerificationURLComplete: d.auth.VerificationURIComplete,
		Expiry:                  d.auth.Expiry,
	}
}

// results returns the channel of the result, nil if no grant runs.
func (d *deviceGrant) results() <-chan deviceResult {
	if d == nil {
		return nil
	}
	return d.result
}

// stop waits for the poll to end. Its context has ended, or it has its result.
func (d *deviceGrant) stop() {
	if d != nil {
		<-d.ended
	}
}
