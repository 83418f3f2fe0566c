package login

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// Discovery is what a service says about itself, for a person who looks for a fault.
type Discovery struct {
	Metadata bool // it has usable metadata; otherwise a sign-in uses fixed addresses
	Device   bool // it offers the device grant
	Revoke   bool // it can revoke tokens
	// Date is the time in the first answer, and Asked that of this machine; zero without an answer.
	Date, Asked time.Time
}

// Discover reads the service's metadata as a sign-in does. After an error Date may still be known.
func (c *Client) Discover(ctx context.Context) (Discovery, error) {
	s, err := c.service(opSignIn)
	if err != nil {
		return Discovery{}, err
	}
	defer s.close()
	dates := &dateReader{base: s.http.Transport, now: s.now}
	if dates.base == nil {
		dates.base = http.DefaultTransport
	}
	s.http.Transport = dates
	ep, err := s.discover(ctx)
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ErrUnreachable) {
		err = &Error{Op: s.op, Kind: ErrUnreachable, Err: err}
	}
	dates.mu.Lock()
	defer dates.mu.Unlock()
	return Discovery{
		Metadata: ep != fixedEndpoints(s.origin), Device: ep.device != "", Revoke: ep.revoke != "",
		Date: dates.date, Asked: dates.asked,
	}, err
}

// dateReader reads the Date header of the first answer.
type dateReader struct {
	base http.RoundTripper
	now  func() time.Time

	mu          sync.Mutex
	date, asked time.Time
}

// RoundTrip implements [http.RoundTripper].
func (d *dateReader) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil && d.date.IsZero() {
		d.date, d.asked = date, d.now()
	}
	return resp, nil
}
