package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// withinValue reads --within, and returns 0 if the flag is not given.
func withinValue(c *cli.Context) (time.Duration, error) {
	if !c.IsSet("within") {
		return 0, nil
	}
	within, err := span(c.String("within"))
	if err != nil || within <= 0 {
		return 0, settings.UsageError("--within must be a time such as 3d or 12h, more than 0")
	}
	return within, nil
}

// maxDays is more than any sign-in lasts, and less than a time.Duration holds.
const maxDays = 36500

// span parses a duration that may begin with a number of days, such as 1d12h.
func span(s string) (time.Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 64)
	if err != nil || n > maxDays {
		return 0, strconv.ErrRange
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	return d + more, err
}

// endsWithin returns an error if the sign-in ends within a time, and adds a warning if
// nobody says when it ends.
func (p *program) endsWithin(st *account.Status, within time.Duration) error {
	known, err := p.account.Lasts(st.Result, within)
	switch {
	case err != nil:
		return settings.HintError{Err: err, Hint: "Sign in again with `" + outcome.StoreCommand(st.Credential.Provider) + "`."}
	case !known && st.Credential.Issuer != "":
		st.Warnings = append(st.Warnings, st.Credential.Issuer+" does not say when the sign-in ends")
	case !known:
		st.Warnings = append(st.Warnings, "it is not known when the credential ends")
	}
	return nil
}

// shortStatus is the line of --short: who, profile, layer and the rest of the token's
// life. For a failure it is the words of the code.
func shortStatus(st account.Status, profile string, o outcome.Outcome, now time.Time) string {
	switch {
	case st.SignedIn:
	case o.Code == "not_signed_in":
		return "signed out"
	default:
		return strings.ReplaceAll(string(o.Code), "_", " ")
	}
	c := st.Credential
	fields := []string{cmp.Or(words.AccountName(c.Account), c.Provider), profile, st.Source}
	if !c.ExpiresAt.IsZero() {
		fields = append(fields, shortLife(c, now))
	}
	return strings.Join(fields, " · ")
}

// shortLife is the rest of a token's life in one unit, such as 42m. It is 0m for a token
// that the next use renews.
func shortLife(c auth.Credential, now time.Time) string {
	switch left := max(0, c.ExpiresAt.Sub(now)); {
	case left < time.Hour:
		return fmt.Sprintf("%dm", left/time.Minute)
	case left < 48*time.Hour:
		return fmt.Sprintf("%dh", left/time.Hour)
	default:
		return fmt.Sprintf("%dd", left/(24*time.Hour))
	}
}
