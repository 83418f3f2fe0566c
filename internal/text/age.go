package text

import (
	"fmt"
	"time"
)

// Duration returns d in words, rounded down to a whole unit: "90 seconds", "1 hour", "3 days".
func Duration(d time.Duration) string {
	n, unit := int64(0), ""
	switch {
	case d < 2*time.Minute:
		n, unit = int64(d/time.Second), "second"
	case d < 2*time.Hour:
		n, unit = int64(d/time.Minute), "minute"
	case d < 48*time.Hour:
		n, unit = int64(d/time.Hour), "hour"
	default:
		n, unit = int64(d/(24*time.Hour)), "day"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// Ago returns an age in words: "a moment ago", "2 hours ago".
func Ago(age time.Duration) string {
	if age < time.Minute {
		return "a moment ago"
	}
	return Duration(age) + " ago"
}
