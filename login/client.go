package login

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/mogplex/mogplex-cli/internal/web"
)

const (
	opSignIn  = "sign in"
	opRefresh = "refresh"
	opRevoke  = "revoke"
)

// Client signs in at one account service. The zero value with an Origin works. It may be copied, and used concurrently as
// long as no field changes.
type Client struct {
	// Origin is the service, such as "https://mogplex.com"; see [CheckOrigin].
	Origin string
	// ClientID is the public client's; empty means "mogplex-cli".
	ClientID string
	// Scopes to ask for; nil means openid profile email offline_access read write.
	Scopes []string
	// RequireMetadata makes a service without usable metadata an error, [ErrNoMetadata]; otherwise the paths of mogplex.com
	// are used there.
	RequireMetadata bool
	// HTTP provides the Transport and the Timeout, which is 30 seconds if it is 0; nil means [NewHTTPClient] with Go's own
	// user agent. Its CheckRedirect and Jar are ignored: a Client follows no redirect and stores no cookie.
	HTTP *http.Client
	// AllowLoopbackHTTP lets Origin be plain http on a loopback address.
	AllowLoopbackHTTP bool
	// Now is the clock that token lifetimes are counted from; nil means time.Now.
	Now func() time.Time
}

// Refresh trades refreshToken for new tokens (RFC 6749 section 6). It reads the service's metadata first and sends the token
// to the endpoint named there, or to the fixed path if there is no metadata; if it must not use the metadata, it sends nothing
// and returns [ErrBadAnswer], and [ErrNoMetadata] if the Client requires metadata and there is none. It sends the token at most once, whatever the answer. The answer's
// refresh token replaces the old one; if it has none, the Grant's Token has the old one. Only [ErrInvalidGrant] means that
// the refresh token is no longer valid. After any other error the caller may use it again, though the service may have
// rotated it if the answer was lost.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (*Grant, error) {
	s, err := c.service(opRefresh)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if refreshToken == "" {
		return nil, &Error{Op: opRefresh, Kind: ErrInvalidGrant, Err: errors.New("there is no refresh token")}
	}
	ep, err := s.locate(ctx)
	if err != nil {
		return nil, err
	}
	requested := s.now()
	source := s.config(ep, "").TokenSource(s.withReader(ctx, refreshToken), &oauth2.Token{RefreshToken: refreshToken})
	t, err := source.Token()
	if err != nil {
		return nil, s.failed(ctx, err, refreshToken)
	}
	return newGrant(t, s.origin, requested), nil
}

// service is a Client with its defaults filled in, ready for one operation.
type service struct {
	op       string
	origin   string
	clientID string
	scopes   []string
	loopback bool
	now      func() time.Time
	http     *http.Client
	close    func()

	requireMetadata bool
}

func (c *Client) service(op string) (*service, error) {
	origin, err := CheckOrigin(c.Origin, c.AllowLoopbackHTTP)
	if err != nil {
		return nil, withOp(op, err)
	}
	s := &service{op: op, origin: origin, clientID: cmp.Or(c.ClientID, "mogplex-cli"), scopes: c.Scopes,
		loopback: c.AllowLoopbackHTTP, now: c.Now, close: func() {}, requireMetadata: c.RequireMetadata}
	if s.scopes == nil {
		s.scopes = []string{"openid", "profile", "email", "offline_access", "read", "write"}
	}
	if s.now == nil {
		s.now = time.Now
	}
	base := c.HTTP
	if base == nil {
		base = NewHTTPClient("")
		s.close = base.CloseIdleConnections
	}
	s.http = &http.Client{Transport: base.Transport, Timeout: base.Timeout, CheckRedirect: noRedirect}
	if s.http.Timeout <= 0 {
		s.http.Timeout = requestTimeout
	}
	return s, nil
}

// config returns the settings of x/oauth2. AuthStyleInParams turns off its probing of authentication styles, which would
// send every code twice.
func (s *service) config(ep endpoints, redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID:    s.clientID,
		RedirectURL: redirect,
		Scopes:      s.scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL:       ep.authorize,
			TokenURL:      ep.token,
			DeviceAuthURL: ep.device,
			AuthStyle:     oauth2.AuthStyleInParams,
		},
	}
}

// withReader returns a context in which x/oauth2 sends its requests through an answerReader with these secrets.
func (s *service) withReader(ctx context.Context, secrets ...string) context.Context {
	reader := &answerReader{ctx: ctx, timeout: s.http.Timeout, base: s.http.Transport, now: s.now, secrets: secrets}
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: reader, CheckRedirect: noRedirect})
}

func (s *service) exchange(ctx context.Context, cfg *oauth2.Config, code, verifier string) (*Grant, error) {
	requested := s.now()
	t, err := cfg.Exchange(s.withReader(ctx, code, verifier), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, s.failed(ctx, err, code, verifier)
	}
	return s.firstGrant(t, requested), nil
}

// firstGrant is newGrant for a sign-in: an absent scope means the requested one (RFC 6749 section 5.1).
func (s *service) firstGrant(t *oauth2.Token, requested time.Time) *Grant {
	g := newGrant(t, s.origin, requested)
	if g.Scopes == nil {
		g.Scopes = append([]string(nil), s.scopes...)
	}
	return g
}

// failed turns an error of x/oauth2 into an [*Error] of this operation. It never uses the error's own text, which contains
// the response body.
func (s *service) failed(ctx context.Context, err error, secrets ...string) error {
	switch ended := ctx.Err(); ended {
	case context.Canceled:
		return &Error{Op: s.op, Err: web.Cause(ended)}
	case context.DeadlineExceeded:
		return &Error{Op: s.op, Kind: ErrUnreachable, Err: web.Cause(ended)}
	}
	var retrieve *oauth2.RetrieveError
	if errors.As(err, &retrieve) {
		return s.refusal(retrieve, secrets)
	}
	var netErr *url.Error
	var own *Error
	if !errors.As(err, &own) && !errors.As(err, &netErr) {
		return &Error{Op: s.op, Kind: ErrBadAnswer, Err: errors.New("a required field is missing")}
	}
	return withOp(s.op, err)
}

func (s *service) refusal(r *oauth2.RetrieveError, secrets []string) *Error {
	e := &Error{Op: s.op, Kind: ErrRefused, Code: errorCode(r.ErrorCode, secrets),
		Description: description(r.ErrorDescription, secrets)}
	if r.Response != nil {
		e.Status = r.Response.StatusCode
	}
	switch r.ErrorCode {
	case "invalid_grant":
		e.Kind = ErrInvalidGrant
	case "expired_token": // the device code's, RFC 8628 section 3.5
		e.Kind = ErrTimeout
	}
	return e
}
