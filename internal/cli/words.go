package cli

import (
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// accountName names a person: "Ada <ada@example.test>". It is empty if neither name nor
// address is known.
func accountName(a auth.Account) string {
	switch {
	case a.Name != "" && a.Email != "":
		return text.Printable(a.Name + " <" + a.Email + ">")
	case a.Email != "":
		return text.Printable(a.Email)
	}
	return text.Printable(a.Name)
}

// lifetime says how long a credential is good for.
func lifetime(c auth.Credential, now time.Time) string {
	left := c.ExpiresAt.Sub(now)
	switch {
	case c.ExpiresAt.IsZero():
		return "does not say when it expires"
	case left <= 0:
		return fmt.Sprintf("expired %s ago", text.Duration(-left))
	}
	return fmt.Sprintf("expires in %s", text.Duration(left))
}
