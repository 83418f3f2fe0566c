package accountserver

import "net/http"

// serveMetadata answers discovery, RFC 8414. Like the deployed service it names
// userinfo and jwks endpoints that do not exist.
func (s *Server) serveMetadata(w http.ResponseWriter, r *http.Request) {
	origin := origin(r)
	grants := []string{grantCode, grantRefresh}
	metadata := map[string]any{
		"issuer":                                origin,
		"authorization_endpoint":                origin + AuthorizePath,
		"token_endpoint":                        origin + TokenPath,
		"userinfo_endpoint":                     origin + "/api/auth/mcp/userinfo",
		"jwks_uri":                              origin + "/api/auth/mcp/jwks",
		"scopes_supported":                      allScopes(),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "none"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "none"},
		"code_challenge_methods_supported":      []string{"S256"},
	}
	if s.cfg.OfferRevocation {
		metadata["revocation_endpoint"] = origin + RevokePath
	}
	if s.cfg.OfferDevice {
		metadata["device_authorization_endpoint"] = origin + DevicePath
		grants = append(grants, grantDevice)
	}
	metadata["grant_types_supported"] = grants
	writeJSON(w, http.StatusOK, metadata)
}
