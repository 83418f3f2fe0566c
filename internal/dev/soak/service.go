package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// service is an account service of a round, with strict rotation: a refresh token that is used twice ends the sign-in.
// It can be taken off the network, and it enters what it does with tokens into the ledger.
type service struct {
	*accountserver.Server
	ledger  *ledger
	index   int // serviceA or serviceB
	ttl     time.Duration
	revokes bool // it offers to end sessions
	email   string
	address string
	http    *http.Server // nil while it is off the network
	served  chan error
}

func startService(index int, l *ledger, ttl time.Duration, revokes bool) (*service, error) {
	s := &service{ledger: l, index: index, ttl: ttl, revokes: revokes, address: "127.0.0.1:0",
		email: accountserver.DefaultAccounts()[index].Email}
	s.Server = accountserver.New(accountserver.Config{AccessTTL: ttl, StrictRotation: true, OfferRevocation: revokes,
		RequestsPerMinute: -1,
		OnGrant:           func(presented string, g accountserver.Issued) { l.granted(presented, g, time.Now().Add(ttl)) }})
	return s, s.up()
}

func (s *service) origin() string { return "http://" + s.address }

// up takes the service to the network, at the address that it had.
func (s *service) up() error {
	if s.http != nil {
		return nil
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = listener.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.served = make(chan error, 1)
	go func(server *http.Server, served chan<- error) { served <- server.Serve(listener) }(s.http, s.served)
	return nil
}

// down takes the service off the network. It answers requests that are under way: to cut these off is a fault of its
// own, which the ledger sees.
func (s *service) down() error {
	if s.http == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	<-s.served
	s.http = nil
	return err
}

// restore ends every fault of the service.
func (s *service) restore() error {
	s.ClearFaults()
	return s.up()
}

// ServeHTTP enters into the ledger where tokens are sent, and which answers were cut off.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.ledger.requests.Add(1)
	defer s.ledger.requests.Done()
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/api/auth/") {
		_ = r.ParseForm() // a form that can't be read is the service's to refuse
	}
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	refresh, revoked := r.PostForm.Get("refresh_token"), r.PostForm.Get("token")
	s.ledger.sentTo(s.index, bearer, refresh, revoked)
	whole := false
	defer func() {
		s.ledger.answered(refresh, whole)
		s.ledger.revoked(revoked, !s.RefreshValid(revoked) && !s.Valid(revoked))
	}()
	s.Server.ServeHTTP(w, r)
	whole = true
}
