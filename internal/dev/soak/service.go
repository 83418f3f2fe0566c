package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// service is an account service of a round, with strict rotation: a refresh token that is spent twice ends the sign-in. It
// enters what becomes of tokens into the ledger.
type service struct {
	*accountserver.Server
	http    *httptest.Server
	ledger  *ledger
	index   int
	ttl     time.Duration
	revokes bool // it offers to end sign-ins
	email   string
}

func startService(index int, w *world, ttl time.Duration, revokes bool) *service {
	s := &service{ledger: w.ledger, index: index, ttl: ttl, revokes: revokes, email: accountserver.DefaultAccounts()[index].Email}
	s.Server = accountserver.New(accountserver.Config{AccessTTL: ttl, StrictRotation: true, OfferRevocation: revokes,
		RequestsPerMinute: -1, RedirectURIs: w.ports.RedirectURIs(),
		OnGrant: func(presented string, g accountserver.Issued) { w.ledger.granted(presented, g, time.Now().Add(ttl)) }})
	s.http = httptest.NewServer(s)
	return s
}

// ServeHTTP enters into the ledger which tokens are sent here, and which sign-ins the service ends.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.ledger.requests.Add(1)
	defer s.ledger.requests.Done()
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/api/auth/") {
		_ = r.ParseForm() // the service refuses a form that it cannot read
	}
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	revoked := r.PostForm.Get("token")
	s.ledger.sent(s.index, bearer, r.PostForm.Get("refresh_token"), revoked)
	s.Server.ServeHTTP(w, r)
	if t := s.ledger.lookUp(revoked); t != nil && t.expires.IsZero() && !s.RefreshValid(revoked) {
		t.end()
	}
}
