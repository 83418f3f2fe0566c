package login

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// discoveryTimeout is short because a sign-in works without metadata.
const discoveryTimeout = 5 * time.Second

// endpoints are the addresses of one account service.
type endpoints struct {
	authorize, token string
	device, revoke   string // empty if the service offers none
	requireIssuer    bool   // every callback must carry iss (RFC 9207 section 2.3)
}

// fixedEndpoints returns the endpoints of a service without usable metadata.
func fixedEndpoints(origin string) endpoints {
	return endpoints{
		authorize: origin + "/api/auth/mcp/authorize",
		token:     origin + "/api/auth/mcp/token",
	}
}

// metadata holds the fields of RFC 8414 section 2 that a Client uses.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorize     string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	Revoke        string   `json:"revocation_endpoint"`
	PKCE          []string `json:"code_challenge_methods_supported"`
	RequireIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// discover reads the service's metadata and returns its endpoints: those of the metadata, or the fixed ones if there is no
// usable document. Its error is of class [ErrUnreachable] if no metadata could be read, in which case the caller may try the fixed
// endpoints, and of class [ErrBadAnswer] if the document must stop the operation.
func (s *service) discover(ctx context.Context) (endpoints, error) {
	ep := fixedEndpoints(s.origin)
	document, err := s.fetchMetadata(ctx)
	if err != nil || document == nil {
		return ep, err
	}
	if err := s.checkMetadata(document); err != nil {
		return ep, &Error{Op: s.op, Kind: ErrBadAnswer, Err: err}
	}
	if document.Issuer != s.origin && document.Issuer != s.origin+"/" {
		return ep, nil // RFC 8414 section 3.3: must not be used
	}
	ep.authorize = cmp.Or(document.Authorize, ep.authorize)
	ep.token = cmp.Or(document.Token, ep.token)
	ep.device, ep.revoke, ep.requireIssuer = document.Device, document.Revoke, document.RequireIssuer
	return ep, nil
}

// locate is discover for an operation that does not need metadata. It fails only if the document must stop the operation,
// or if ctx ended.
func (s *service) locate(ctx context.Context) (endpoints, error) {
	ep, err := s.discover(ctx)
	if errors.Is(err, ErrUnreachable) && ctx.Err() == nil {
		err = nil
	}
	return ep, err
}

// fetchMetadata returns nil if the service answers without a document.
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
	body, err := web.ReadBody(resp.Body, maxBody)
	switch {
	case ctx.Err() != nil:
		return nil, s.failed(ctx, ctx.Err())
	case resp.StatusCode >= 500, err != nil && !errors.Is(err, web.ErrTooLarge):
		return nil, &Error{Op: s.op, Kind: ErrUnreachable, Status: resp.StatusCode}
	case err != nil, resp.StatusCode != http.StatusOK:
		return nil, nil
	}
	document := new(metadata)
	if json.Unmarshal(body, document) != nil || jsonObject(body) == nil {
		return nil, nil
	}
	return document, nil
}

// checkMetadata refuses a document that would lead tokens away from the origin, or a sign-in without PKCE.
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
