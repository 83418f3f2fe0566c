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

// discoveryTimeout is short because a sign-in at mogplex.com works without metadata.
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

// metadata holds the fields of RFC 8414 section 2 that a Client uses. OpenID documents have the same names.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorize     string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Device        string   `json:"device_authorization_endpoint"`
	Revoke        string   `json:"revocation_endpoint"`
	PKCE          []string `json:"code_challenge_methods_supported"`
	RequireIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// metadataPaths are where the documents are, in the order to try: RFC 8414 section 3, and OpenID Connect Discovery section 4.
var metadataPaths = []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}

// discover reads the service's metadata and returns its endpoints: those of the metadata, or the fixed ones if there is no
// usable document and the Client does not require one. Its error is of class [ErrUnreachable] if no metadata could be read,
// in which case the caller may try the fixed endpoints unless metadata is required, of class [ErrNoMetadata] if there is no
// usable document, and of class [ErrBadAnswer] if the document must stop the operation.
func (s *service) discover(ctx context.Context) (endpoints, error) {
	ep := fixedEndpoints(s.origin)
	document, err := s.fetchMetadata(ctx)
	switch {
	case err != nil:
		return ep, err
	case document == nil:
		return ep, s.unusable("")
	}
	if err := s.checkMetadata(document); err != nil {
		return ep, &Error{Op: s.op, Kind: ErrBadAnswer, Err: err}
	}
	if document.Issuer != s.origin && document.Issuer != s.origin+"/" { // RFC 8414 section 3.3: must not be used
		return ep, s.unusable("its document names another issuer than " + s.origin)
	}
	if document.Authorize == "" || document.Token == "" {
		if err := s.unusable("its document lacks an endpoint"); err != nil {
			return ep, err
		}
	}
	ep.authorize = cmp.Or(document.Authorize, ep.authorize)
	ep.token = cmp.Or(document.Token, ep.token)
	ep.device, ep.revoke, ep.requireIssuer = document.Device, document.Revoke, document.RequireIssuer
	return ep, nil
}

// unusable returns the error for a service without a usable document. It returns nil if the service has the fixed paths.
func (s *service) unusable(why string) error {
	if !s.requireMetadata {
		return nil
	}
	return &Error{Op: s.op, Kind: ErrNoMetadata, Err: errors.New(cmp.Or(why, "it has neither an RFC 8414 nor an OpenID document"))}
}

// locate is discover for an operation that does not need metadata at a service with the fixed paths. There it fails only if
// the document must stop the operation, or if ctx ended.
func (s *service) locate(ctx context.Context) (endpoints, error) {
	ep, err := s.discover(ctx)
	if errors.Is(err, ErrUnreachable) && ctx.Err() == nil && !s.requireMetadata {
		err = nil
	}
	return ep, err
}

// fetchMetadata returns the first document of metadataPaths that the service has, or nil if it has none that can be read. It
// asks for the next one only after a 404.
func (s *service) fetchMetadata(ctx context.Context) (*metadata, error) {
	limited, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	for _, path := range metadataPaths {
		body, status, err := s.get(ctx, limited, s.origin+path)
		switch {
		case err != nil:
			return nil, err
		case status == http.StatusNotFound:
			continue
		}
		document := new(metadata)
		if status != http.StatusOK || json.Unmarshal(body, document) != nil || jsonObject(body) == nil {
			return nil, nil
		}
		return document, nil
	}
	return nil, nil
}

// get returns a small document within limited, whose parent is ctx. The body is empty if it is too large.
func (s *service) get(ctx, limited context.Context, address string) (body []byte, status int, err error) {
	req, err := http.NewRequestWithContext(limited, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, &Error{Op: s.op, Kind: ErrBadOrigin}
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, 0, s.failed(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = web.ReadBody(resp.Body, maxBody)
	switch {
	case ctx.Err() != nil:
		return nil, 0, s.failed(ctx, ctx.Err())
	case errors.Is(err, web.ErrTooLarge) && resp.StatusCode < 500:
		return nil, resp.StatusCode, nil
	case resp.StatusCode >= 500, err != nil:
		return nil, 0, &Error{Op: s.op, Kind: ErrUnreachable, Status: resp.StatusCode}
	}
	return body, resp.StatusCode, nil
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
