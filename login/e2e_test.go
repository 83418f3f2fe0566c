package login_test

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/login"
)

const ada = "ada@example.test"

// account is a development account service that accepts this test's callback port.
type account struct {
	server *accountserver.Server
	client *login.Client
	port   int
}

func newAccount(t *testing.T, cfg accountserver.Config) *account {
	t.Helper()
	port := freePort(t)
	cfg.RedirectURIs = []string{"http://127.0.0.1:" + strconv.Itoa(port) + "/auth/callback"}
	server := accountserver.New(cfg)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	return &account{server, &login.Client{Origin: listening.URL, AllowLoopbackHTTP: true}, port}
}

// freePort returns a port of the loopback that is free at this moment.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// signIn runs a sign-in. person gets the prompt and does what a person would do.
func (a *account) signIn(t *testing.T, flow login.Flow, person func(login.Prompt)) (*login.Grant, error) {
	t.Helper()
	done := make(chan struct{})
	flow.Ports = []int{a.port}
	flow.Show = func(p login.Prompt) {
		go func() {
			defer close(done)
			person(p)
		}()
	}
	g, err := a.client.SignIn(context.Background(), flow)
	<-done
	return g, err
}

func TestEndToEnd(t *testing.T) {
	t.Parallel()
	a := newAccount(t, accountserver.Config{StrictRotation: true, OfferRevocation: true})
	var page accountserver.Page
	flow := login.Flow{Save: func(context.Context, *login.Grant) (string, error) { return "in the keychain", nil }}
	g, err := a.signIn(t, flow, func(p login.Prompt) {
		var err error
		if page, err = accountserver.WalkSignIn(context.Background(), p.URL, ada); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if g.Identity.Email != ada || !slices.Contains(g.Scopes, "offline_access") || time.Until(g.Token.Expiry) < 50*time.Minute {
		t.Errorf("identity %+v, scopes %v, expiry %v", g.Identity, g.Scopes, g.Token.Expiry)
	}
	if !strings.Contains(page.Body, "Signed in") || !strings.Contains(page.Body, ada) || page.URL.RawQuery != "" {
		t.Errorf("page at %v: %s", page.URL, page.Body)
	}

	ctx := context.Background()
	first := g.Token.RefreshToken
	if g, err = a.client.Refresh(ctx, first); err != nil {
		t.Fatal(err)
	}
	if g.Token.RefreshToken == first {
		t.Error("the refresh token was not rotated")
	}
	if offered, err := a.client.Revoke(ctx, g.Token.RefreshToken, "refresh_token"); !offered || err != nil {
		t.Errorf("revoke: %v, %v", offered, err)
	}
	if _, err := a.client.Refresh(ctx, g.Token.RefreshToken); !errors.Is(err, login.ErrInvalidGrant) {
		t.Errorf("a revoked token: err = %v", err)
	}
}

// adaSignsIn signs Ada in.
func (a *account) adaSignsIn(t *testing.T) *login.Grant {
	t.Helper()
	g, err := a.signIn(t, login.Flow{}, func(p login.Prompt) {
		if _, err := accountserver.WalkSignIn(context.Background(), p.URL, ada); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// A sign-in without a refresh token has an empty one, and its access token can be
// revoked.
func TestAServiceThatGivesNoRefreshToken(t *testing.T) {
	t.Parallel()
	a := newAccount(t, accountserver.Config{NoRefreshTokens: true, TellRefreshLifetime: true, OfferRevocation: true})
	g := a.adaSignsIn(t)
	if g.Token.RefreshToken != "" || !g.SignInExpiresAt.IsZero() || !a.server.Valid(g.Token.AccessToken) {
		t.Errorf("a refresh token %v, until %v", g.Token.RefreshToken != "", g.SignInExpiresAt)
	}
	if offered, err := a.client.Revoke(t.Context(), g.Token.AccessToken, "access_token"); !offered || err != nil {
		t.Errorf("revoke: %v, %v", offered, err)
	}
	if a.server.Valid(g.Token.AccessToken) {
		t.Error("the access token is still valid")
	}
}

func TestAServiceThatSendsTheRefreshLifetime(t *testing.T) {
	t.Parallel()
	a := newAccount(t, accountserver.Config{TellRefreshLifetime: true, RefreshTTL: 72 * time.Hour})
	g := a.adaSignsIn(t)
	again, err := a.client.Refresh(t.Context(), g.Token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []*login.Grant{g, again} {
		if left := time.Until(g.SignInExpiresAt); left > 72*time.Hour || left < 71*time.Hour {
			t.Errorf("the sign-in ends in %v", left)
		}
	}
}

// The service's Cancel button calls back without state. The page and the notice come
// at once.
func TestCancelOnTheSignInPage(t *testing.T) {
	t.Parallel()
	noticed := make(chan string, 4)
	var page accountserver.Page
	cancelled := func(within time.Duration) (err, walked error) {
		a := newAccount(t, accountserver.Config{})
		_, err = a.signIn(t, login.Flow{Timeout: within, Notice: func(s string) { noticed <- s }}, func(p login.Prompt) {
			page, walked = accountserver.WalkSignIn(context.Background(), p.URL, accountserver.Cancel)
		})
		return err, walked
	}
	err, walked := cancelled(time.Second)
	for within := 4 * time.Second; walked != nil && within < 2*time.Minute; within *= 4 { // the machine was too slow
		err, walked = cancelled(within)
	}
	var e *login.Error
	if !errors.As(err, &e) || e.Kind != login.ErrRefused || e.Code != "access_denied" {
		t.Errorf("err = %v", err)
	}
	if notice := <-noticed; !strings.Contains(notice, "cancelled; waiting a little longer") || !strings.Contains(page.Body, "Not signed in") {
		t.Errorf("notice %q, page %s", notice, page.Body)
	}
}

func TestDeviceEndToEnd(t *testing.T) {
	t.Parallel()
	a := newAccount(t, accountserver.Config{OfferDevice: true, DeviceInterval: time.Second})
	g, err := a.signIn(t, login.Flow{}, func(p login.Prompt) {
		if p.Device == nil {
			t.Error("no device prompt")
			return
		}
		if err := a.server.ApproveDevice(p.Device.UserCode, ada); err != nil {
			t.Error(err)
		}
	})
	if err != nil || g.Token.RefreshToken == "" {
		t.Fatalf("err = %v", err)
	}
}
