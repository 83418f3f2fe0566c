package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// rotating answers each refresh with new tokens, a1 and r1 first.
func rotating(s *fakeService, lifetime time.Duration) {
	n := 0
	s.token = func(w http.ResponseWriter, _ *http.Request) {
		n++
		_, _ = fmt.Fprintf(w, `{"access_token":"a%d","refresh_token":"r%[1]d","expires_in":%d}`, n, int(lifetime.Seconds()))
	}
}

// spent returns the refresh tokens that the service received.
func (s *fakeService) spent() (all []string) {
	for _, form := range s.requests() {
		all = append(all, form.Get("refresh_token"))
	}
	return all
}

func expired() *oauth2.Token {
	return &oauth2.Token{AccessToken: "a0", RefreshToken: "r0", Expiry: time.Now().Add(-time.Hour)}
}

func TestTokenSource(t *testing.T) {
	s := newService(t)
	rotating(s, time.Second) // less than the margin of oauth2, so that each call refreshes
	var stored []string
	source := s.client().TokenSource(t.Context(), expired(), func(_ context.Context, t *oauth2.Token) error {
		stored = append(stored, t.AccessToken+t.RefreshToken)
		t.AccessToken = "changed" // only the store's copy
		return nil
	})
	for _, want := range []string{"a1", "a2"} {
		if got, err := source.Token(); err != nil || got.AccessToken != want {
			t.Fatalf("token %v, err %v", got, err)
		}
	}
	if got := fmt.Sprint(stored, s.spent()); got != "[a1r1 a2r2] [r0 r1]" {
		t.Errorf("stored and spent: %s", got)
	}
	if _, err := s.client().TokenSource(t.Context(), nil, nil).Token(); !errors.Is(err, ErrInvalidGrant) {
		t.Errorf("err = %v", err)
	}
}

// A token that could not be stored is not served, and stored by the next call.
func TestTokenSourceStoresBeforeItServes(t *testing.T) {
	s := newService(t)
	rotating(s, time.Hour)
	full := io.ErrShortWrite
	source := s.client().TokenSource(t.Context(), expired(), func(context.Context, *oauth2.Token) error { return full })
	for range 2 {
		if got, err := source.Token(); got != nil || !errors.Is(err, ErrSave) || !errors.Is(err, full) {
			t.Fatalf("served %v, err %v", got != nil, err)
		}
	}
	full = nil
	for range 2 {
		if got, err := source.Token(); err != nil || got.AccessToken != "a1" {
			t.Fatalf("token %v, err %v", got, err)
		}
	}
	if got := fmt.Sprint(s.spent()); got != "[r0]" {
		t.Errorf("spent %s", got)
	}
}
