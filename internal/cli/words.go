package cli

import (
	"fmt"

	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// How people, places and times are put into words.

func accountName(a auth.Account) string {
	switch {
	case a.Name != "" && a.Email != "":
		return printable(a.Name + " <" + a.Email + ">")
	case a.Email != "":
		return printable(a.Email)
	}
	return printable(a.Name)
}

// lifetime says how long a credential is good for.
func lifetime(c auth.Credential, now time.Time) string {
	left := c.ExpiresAt.Sub(now)
	switch {
	case c.ExpiresAt.IsZero():
		return "does not say when it expires"
	case left <= 0:
		return fmt.Sprintf("expired %s ago", roughly(-left))
	}
	return fmt.Sprintf("expires in %s", roughly(left))
}

// roughly rounds a time to what a person wants to know of it.
func roughly(d time.Duration) string {
	count := func(n int, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	switch {
	case d < 2*time.Minute:
		return count(int(d.Seconds()), "second")
	case d < 2*time.Hour:
		return count(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return count(int(d.Hours()), "hour")
	}
	return count(int(d.Hours()/24), "day")
}

func ago(age time.Duration) string {
	if age < time.Minute {
		return "a moment ago"
	}
	return roughly(age) + " ago"
}
