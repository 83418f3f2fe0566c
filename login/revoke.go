package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Revoke revokes a refresh or an access token at the service (RFC 7009).
// hint is "refresh_token", "access_token" or empty. Most services revoke
// the access tokens together with their refresh token, but few do the reverse:
// revoke the refresh token if there is one, else the access token.
//
//   - true, nil: the token is revoked.
//   - false, nil: the service can't revoke it: it has no metadata, its metadata
//     names no revocation endpoint, or it answered unsupported_token_type. The
//     token is valid until it expires.
//   - false, error: Revoke sent nothing, because it could not read the metadata
//     ([ErrUnreachable]) or must not use it ([ErrBadAnswer]).
//   - true, error: the endpoint refused or did not answer; the token may still be
//     valid.
func (c *Client) Revoke(ctx context.Context, token, hint string) (offered bool, err error) {
	s, err := c.service(opRevoke)
	if err != nil {
		return false, err
	}
	defer s.close()
	ep, err := s.discover(ctx)
	if errors.Is(err, ErrNoMetadata) {
		return false, nil
	}
	if err != nil || ep.revoke == "" {
		return false, err
	}
	form := url.Values{"token": {token}, "client_id": {s.clientID}}
	if hint != "" {
		form.Set("token_type_hint", hint)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, ep.revoke, strings.NewReader(form.Encode()))
	if err != nil {
		return true, &Error{Op: s.op, Kind: ErrBadAnswer}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.http.Do(req)
	if err != nil {
		return true, s.failed(ctx, err, token)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := web.ReadBody(resp.Body, maxBody)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return true, nil // section 2.2: only the status counts
	}
	if err != nil {
		return true, s.failed(ctx, &url.Error{Err: err}, token)
	}
	refused := s.revokeFailure(resp, body, token)
	if refused.Code == "unsupported_token_type" { // section 2.2.1
		return false, nil
	}
	return true, refused
}

func (s *service) revokeFailure(resp *http.Response, body []byte, token string) *Error {
	reader := &answerReader{now: s.now, secrets: []string{token}}
	fields, err := reader.parse(resp, body)
	if err != nil {
		return withOp(s.op, err)
	}
	code, _ := fields["error"].(string)
	said, _ := fields["error_description"].(string)
	return &Error{Op: s.op, Kind: ErrRefused, Status: resp.StatusCode, Code: code, Description: said}
}
