package login

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Revoke ends token, a refresh or an access token, at the service (RFC 7009).
// hint is "refresh_token", "access_token" or empty. Ending a refresh token ends
// the access tokens that came with it at most services, and the other way round
// at few: revoke the refresh token if there is one, else the access token.
//
//   - true, nil: the token is dead.
//   - false, nil: the service can't end it: it has no metadata, names no
//     revocation endpoint there, or answered unsupported_token_type. The token
//     lives until it expires.
//   - false, error: nothing was sent, because no metadata came ([ErrUnreachable])
//     or it must not be used ([ErrBadAnswer]).
//   - true, error: the endpoint refused or did not answer; the token may live.
func (c *Client) Revoke(ctx context.Context, token, hint string) (offered bool, err error) {
	s, err := c.service(opRevoke)
	if err != nil {
		return false, err
	}
	defer s.close()
	ep, err := s.discover(ctx)
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
	fields, err := reader.judge(resp, body)
	if err != nil {
		return withOp(s.op, err)
	}
	code, _ := fields["error"].(string)
	said, _ := fields["error_description"].(string)
	return &Error{Op: s.op, Kind: ErrRefused, Status: resp.StatusCode, Code: code, Description: said}
}
