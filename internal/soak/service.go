package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
)

// service is the account service of a round: it can be taken off the network, its clock can be moved, and a ledger of
// the tokens it issues is kept.
type service struct {
	*accountserver.Server
	*ledger
	address string
	revokes bool         // it offers to end sessions
	skew    atomic.Int64 // of its clock, in nanoseconds
	http    *http.Server // nil while it is off the network
	served  chan error
}

func startService(cfg accountserver.Config) (*service, error) {
	s := &service{address: "127.0.0.1:0", revokes: cfg.OfferRevocation, ledger: newLedger(cfg.StrictRotation)}
	cfg.Now = func() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }
	s.Server = accountserver.New(cfg)
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

// down takes the service off the network. Requests that are under way are answered: to cut these off is a fault of its
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

// restore ends every fault of the service. A clock that was moved stays where it is.
func (s *service) restore() error {
	s.ClearFaults()
	return s.up()
}

// ServeHTTP notes what becomes of each token request.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != accountserver.TokenPath {
		s.Server.ServeHTTP(w, r)
		return
	}
	s.handled.Add(1)
	defer s.handled.Done()
	_ = r.ParseForm() // a form that can't be read is the service's to refuse
	refresh := r.PostForm.Get("refresh_token")
	good := refresh != "" && s.RefreshValid(refresh)
	arrived := 0
	if refresh != "" {
		arrived = s.presented(refresh)
	}
	asker := s.askerAt(r.RemoteAddr)
	heard := &overheard{ResponseWriter: w}
	whole := false
	defer func() {
		// An answer that was cut off was processed all the same where the token that it took is spent.
		processed := whole || s.strict && good && !s.RefreshValid(refresh)
		s.answered(refresh, arrived, asker, heard.body.Bytes(), whole, processed)
	}()
	s.Server.ServeHTTP(heard, r)
	whole = true
}

// overheard keeps a copy of an answer.
type overheard struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (o *overheard) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *overheard) Write(p []byte) (int, error) {
	o.body.Write(p)
	return o.ResponseWriter.Write(p)
}
