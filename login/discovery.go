package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"
)

// discoveryTimeout bounds the wait for metadata, which a sign-in can do without.
const discoveryTimeout = 5 * time.Second

// endpoints are the addresses of one account service.
type endpoints struct {
	authorize, token string
	device, revoke   string // empty where the service offers none
	requireIssuer    bool   // every callback must carry iss (RFC 9207 section 2.3)
}

// fixedEndpoints are those of a service whose metadata can't be had.
func fixedEndpoints(origin string) endpoints {
	return endpoints{
		authorize: origin + "/api/auth/mcp/authorize",
		token:     origin + "/api/auth/mcp/token",
	}
}

// metadata is what is used of RFC 8414 section 2.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorize     string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	Revoke        string   `json:"revocation_endpoint"`
	PKCE          []string `json:"code_challenge_methods_supported"`
	RequireIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// discover reads the service's metadata. Without an error, found tells whether
// there is a usable document; where not, the endpoints are the fixed ones. An
// error is of class ErrUnreachable where nothing could be asked, and of class
// ErrBadAnswer where the document must stop whoever wanted to use it.
func (s *service) discover(ctx context.Context) (ep endpoints, found bool, err error) {
	fixed := fixedEndpoints(s.origin)
	document, err := s.fetchMetadata(ctx)
	if err != nil || document == nil {
		return fixed, false, err
	}
	if err := s.checkMetadata(document); err != nil {
		return fixed, false, &Error{Op: s.op, Kind: ErrBadAnswer, Err: err}
	}
	if document.Issuer != s.origin && document.Issuer != s.origin+"/" {
		return fixed, false, nil // RFC 8414 section 3.3: must not be used
	}
	ep = endpoints{document.Authorize, document.Token, document.Device, document.Revoke, document.RequireIssuer}
	if ep.authorize == "" {
		ep.authorize = fixed.authorize
	}
	if ep.token == "" {
		ep.token = fixed.token
	}
	return ep, true, nil
}

// locate is discover for a caller that goes on without a document. It fails if
// the document must not be used, or if ctx is over.
func (s *service) locate(ctx context.Context) (endpoints, error) {
	ep, _, err := s.discover(ctx)
	if errors.Is(err, ErrUnreachable) && ctx.Err() == nil {
		err = nil
	}
	return ep, err
}

// fetchMetadata returns nil where the service answers but has no document.
func (s *service) fetchMetadata(ctx context.Context) (*metadata, error) {
	limited, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, s.origin+"/.well-known/oauth-authorization-server", nil)
	if err != nil {
		return nil, &Error{Op: s.op, Kind: ErrBadOrigin}
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, s.failed(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readBody(resp.Body)
	switch {
	case ctx.Err() != nil:
		return nil, s.failed(ctx, ctx.Err())
	case resp.StatusCode >= 500, err != nil && !errors.Is(err, errBodyTooLarge):
		return nil, &Error{Op: s.op, Kind: ErrUnreachable, Status: resp.StatusCode}
	case err != nil, resp.StatusCode != http.StatusOK:
		return nil, nil
	}
	return parseMetadata(body), nil
}

// checkMetadata refuses a document that would lead tokens away from the origin,
// or a sign-in without PKCE.
func (s *service) checkMetadata(m *metadata) error {
	for _, address := range []string{m.Issuer, m.Authorize, m.Token, m.Device, m.Revoke} {
		if address != "" && !sameOrigin(address, s.origin) {
			return errors.New("its metadata points to another origin")
		}
	}
	if s.op == opSignIn && len(m.PKCE) > 0 && !slices.Contains(m.PKCE, "S256") {
		return errors.New("its metadata does not offer PKCE with S256")
	}
	return nil
}

func parseMetadata(body []byte) *metadata {
	m := new(metadata)
	if json.Unmarshal(body, m) != nil || jsonObject(body) == nil {
		return nil
	}
	return m
}
