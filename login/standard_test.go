package login_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/mogplex/mogplex-cli/login"
)

// These tests sign in at a certified OpenID provider, whose paths, errors, rotation,
// device grant and revocation follow the RFCs.

const (
	standardID       = "a-native-app"
	standardUser     = "test-user@127.0.0.1"
	standardUserID   = "id1"
	standardPassword = "verysecure"
)

// standardClient is the provider's native client with the device grant.
type standardClient struct{ *storage.Client }

func (standardClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode}
}

type standardStorage struct{ *storage.Storage }

func (s standardStorage) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	client, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	native, ok := client.(*storage.Client)
	if !ok {
		return nil, errors.New("no native client")
	}
	return standardClient{native}, nil
}

// CompleteDeviceAuthorization fixes the provider's example, whose pages pass the name
// in place of the id.
func (s standardStorage) CompleteDeviceAuthorization(ctx context.Context, code, _ string) error {
	return s.Storage.CompleteDeviceAuthorization(ctx, code, standardUserID)
}

// newStandard starts the provider, which publishes an OpenID document alone.
func newStandard(t *testing.T) *login.Client {
	t.Helper()
	var provider http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		provider.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	native := storage.NativeClient(standardID, "http://127.0.0.1/auth/callback")
	stored := storage.NewStorageWithClients(storage.NewUserStore(server.URL), map[string]*storage.Client{standardID: native})
	silent := slog.New(slog.DiscardHandler)
	provider = exampleop.SetupServer(server.URL, standardStorage{stored}, silent, false, op.WithAllowInsecure(), op.WithLogger(silent))
	return &login.Client{Origin: server.URL, ClientID: standardID, AllowLoopbackHTTP: true, RequireMetadata: true,
		Scopes: []string{"openid", "profile", "email", "offline_access"}}
}

// standardBrowser signs the person in with the provider's forms.
type standardBrowser struct {
	t *testing.T
	*http.Client
}

func newStandardBrowser(t *testing.T) standardBrowser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return standardBrowser{t, &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// open visits an address, or posts a form to it, and returns the last address and page.
func (b standardBrowser) open(address string, form url.Values) (final *url.URL, body string) {
	var resp *http.Response
	var err error
	if form == nil {
		resp, err = b.Get(address)
	} else {
		resp, err = b.PostForm(address, form)
	}
	if err != nil {
		b.t.Error(err)
		return new(url.URL), ""
	}
	defer func() { _ = resp.Body.Close() }()
	text, _ := io.ReadAll(resp.Body)
	return resp.Request.URL, string(text)
}

func TestAStandardServiceSignsIn(t *testing.T) {
	t.Parallel()
	client := newStandard(t)
	a := &account{client: client, port: freePort(t)}
	g, err := a.signIn(t, login.Flow{Timeout: time.Minute}, func(p login.Prompt) {
		b := newStandardBrowser(t)
		form, _ := b.open(p.URL, nil)
		_, page := b.open(form.String(), url.Values{"id": form.Query()["authRequestID"],
			"username": {standardUser}, "password": {standardPassword}})
		if !strings.Contains(page, "Signed in") {
			t.Errorf("the page says: %s", page)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if g.Identity.Subject != standardUserID || g.Token.RefreshToken == "" || time.Until(g.Token.Expiry) <= 0 {
		t.Errorf("identity %+v, expiry %v, refresh token %v", g.Identity, g.Token.Expiry, g.Token.RefreshToken != "")
	}
	checkRefreshAndRevoke(t, client, g.Token.RefreshToken)
}

func TestAStandardServiceGrantsADevice(t *testing.T) {
	t.Parallel()
	client := newStandard(t)
	a := &account{client: client, port: freePort(t)}
	g, err := a.signIn(t, login.Flow{Timeout: time.Minute}, func(p login.Prompt) {
		if p.Device == nil {
			t.Error("no device prompt")
			return
		}
		b := newStandardBrowser(t)
		b.open(p.Device.VerificationURL+"/login", url.Values{"user_code": {p.Device.UserCode},
			"username": {standardUser}, "password": {standardPassword}})
		b.open(p.Device.VerificationURL+"/confirm", url.Values{"action": {"allowed"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if g.Identity.Subject != standardUserID || g.Token.RefreshToken == "" {
		t.Errorf("identity %+v, refresh token %v", g.Identity, g.Token.RefreshToken != "")
	}
}

// checkRefreshAndRevoke refreshes a token, revokes it, and checks that it is no longer valid.
func checkRefreshAndRevoke(t *testing.T, client *login.Client, refreshToken string) {
	t.Helper()
	ctx := t.Context()
	g, err := client.Refresh(ctx, refreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if g.Token.RefreshToken == refreshToken || g.Token.AccessToken == "" {
		t.Error("nothing was refreshed")
	}
	if _, err := client.Refresh(ctx, refreshToken); !errors.Is(err, login.ErrInvalidGrant) {
		t.Errorf("the refresh token from before: %v", err)
	}
	if offered, err := client.Revoke(ctx, g.Token.RefreshToken, "refresh_token"); !offered || err != nil {
		t.Errorf("revoke: %v, %v", offered, err)
	}
	if _, err := client.Refresh(ctx, g.Token.RefreshToken); !errors.Is(err, login.ErrInvalidGrant) {
		t.Errorf("a revoked token: %v", err)
	}
}
