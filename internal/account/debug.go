package account

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// asked returns a function that reports to [Progress.Asked] how a call ended.
func (a *Account) asked(what string) func(answer string, err error) {
	if a.Progress.Asked == nil {
		return func(string, error) {}
	}
	start := time.Now()
	return func(answer string, err error) {
		if err != nil {
			answer = err.Error()
		}
		a.Progress.Asked(what, answer, time.Since(start))
	}
}

// reportingStore reports each call of a store.
type reportingStore struct {
	auth.Store
	a    *Account
	name string
}

// Load implements [auth.Store].
func (s reportingStore) Load(ctx context.Context, key auth.Key) (auth.Record, bool, error) {
	end := s.a.asked("read " + key.Provider + " from the " + s.name)
	rec, found, err := s.Store.Load(ctx, key)
	answer := "absent"
	if found {
		answer = "present"
	}
	end(answer, err)
	return rec, found, err
}

// Swap implements [auth.Store].
func (s reportingStore) Swap(ctx context.Context, key auth.Key, old auth.Revision, rec auth.Record) error {
	end := s.a.asked("write " + key.Provider + " to the " + s.name)
	err := s.Store.Swap(ctx, key, old, rec)
	end("written", err)
	return err
}

// Delete implements [auth.Store].
func (s reportingStore) Delete(ctx context.Context, key auth.Key, old *auth.Revision) (auth.Record, bool, error) {
	end := s.a.asked("remove " + key.Provider + " from the " + s.name)
	removed, found, err := s.Store.Delete(ctx, key, old)
	end("removed", err)
	return removed, found, err
}

// List implements [auth.Store].
func (s reportingStore) List(ctx context.Context) ([]auth.Listed, error) {
	end := s.a.asked("list the " + s.name)
	all, err := s.Store.List(ctx)
	end("listed", err)
	return all, err
}

// reporting returns a transport that reports each request.
func (a *Account) reporting(base http.RoundTripper) http.RoundTripper {
	if a.Progress.Asked == nil {
		return base
	}
	return reportingTransport{base, a}
}

type reportingTransport struct {
	base http.RoundTripper
	a    *Account
}

// RoundTrip implements [http.RoundTripper]. It reports no query, because that of a
// sign-in has secrets, and no error, because that of a proxy can have its password.
func (t reportingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	target := url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path}
	end := t.a.asked(req.Method + " " + target.String())
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		end("no answer", nil)
	} else {
		end(resp.Status, nil)
	}
	return resp, err
}
