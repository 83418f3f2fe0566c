package web

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxWait = time.Hour

// RetryAfter returns how long an answer asks to wait before the next request, between 0 and an hour: Retry-After in seconds
// or as a date (RFC 9110 section 10.2.3), or X-Retry-After if that is missing. It returns 0 if the answer has neither.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		text = strings.TrimSpace(h.Get("X-Retry-After"))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now).Round(time.Second), maxWait))
	}
	return Seconds(text, maxWait)
}

// Seconds reads a decimal number of seconds, up to limit. It returns 0 for a negative number and for text that is not a number.
func Seconds(text string, limit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch tooLong := errors.Is(err, strconv.ErrRange); {
	case err != nil && !tooLong, math.IsNaN(n), n <= 0, !tooLong && math.IsInf(n, 0):
		return 0
	case n >= limit.Seconds():
		return limit
	}
	return time.Duration(n * float64(time.Second))
}
