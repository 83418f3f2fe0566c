package web

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		standard, own string
		want          time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{" 7 ", "", 7 * time.Second},
		{"1.5", "", 1500 * time.Millisecond},
		{"", "3", 3 * time.Second},
		{"7", "3", 7 * time.Second},
		{"Tue, 24 Nov 2026 12:00:30 GMT", "", 30 * time.Second},
		{"Tue, 24 Nov 2026 11:00:00 GMT", "", 0},
		{"Tue, 24 Nov 2027 12:00:00 GMT", "", time.Hour},
		{"86400", "", time.Hour},
		{"1e999", "", time.Hour},
		{"-1", "", 0},
		{"-1e999", "", 0},
		{"NaN", "", 0},
		{"Inf", "", 0},
		{"soon", "", 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", test.standard)
		h.Set("X-Retry-After", test.own)
		if got := RetryAfter(h, now); got != test.want {
			t.Errorf("%q, %q: %v", test.standard, test.own, got)
		}
	}
}
