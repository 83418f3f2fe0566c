package accountserver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestDiscoveryNamesMissingEndpoints(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	got := w.get("/.well-known/oauth-authorization-server").json(t)
	for key, want := range map[string]string{
		"issuer":                 w.origin,
		"authorization_endpoint": w.origin + accountserver.AuthorizePath,
		"token_endpoint":         w.origin + accountserver.TokenPath,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %s", key, got[key], want)
		}
	}
	for _, key := range []string{"userinfo_endpoint", "jwks_uri"} {
		path := strings.TrimPrefix(got[key].(string), w.origin)
		if a := w.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", key, a.StatusCode)
		}
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/api/auth/mcp/introspect", accountserver.RevokePath, accountserver.DevicePath} {
		if a := w.form(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
	}
	for _, key := range []string{"revocation_endpoint", "introspection_endpoint", "device_authorization_endpoint"} {
		if got[key] != nil {
			t.Errorf("%s is present", key)
		}
	}
}

func TestDiscoveryFollowsTheConfiguration(t *testing.T) {
	w := newWorld(t, accountserver.Config{OfferRevocation: true, OfferDevice: true})
	got := w.get("/.well-known/oauth-authorization-server").json(t)
	if got["revocation_endpoint"] != w.origin+accountserver.RevokePath ||
		got["device_authorization_endpoint"] != w.origin+accountserver.DevicePath ||
		len(got["grant_types_supported"].([]any)) != 3 {
		t.Errorf("got %v", got)
	}
}
