package web

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxWait bounds what RetryAfter returns.
const maxWait = time.Hour

// RetryAfter is how long an answer asks to wait before the next request, between 0
// and an hour: Retry-After in seconds or as a date (RFC 9110 section 10.2.3), or
// X-Retry-After if there is no other. It is 0 if the answer does not say.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		text = strings.TrimSpace(h.Get("X-Retry-After"))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now).Round(time.Second), maxWait))
	}
	seconds, err := strconv.ParseFloat(text, 64)
	switch tooLong := errors.Is(err, strconv.ErrRange); {
	case err != nil && !tooLong, math.IsNaN(seconds), seconds <= 0, !tooLong && math.IsInf(seconds, 0):
		return 0
	case seconds >= maxWait.Seconds():
		return maxWait
	}
	return time.Duration(seconds * float64(time.Second))
}
