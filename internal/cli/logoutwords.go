package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
)

// removedMax is how many removals are named one by one.
const removedMax = 20

// removedLines say what a sign-out removed.
func (p *program) removedLines(r *account.SignOutReport) (lines []string) {
	for i, done := range r.Removed {
		if i == removedMax {
			return append(lines, fmt.Sprintf("And %d more.", len(r.Removed)-i))
		}
		lines = append(lines, fmt.Sprintf("Removed the %s credential%s from the %s.", printable(done.Provider), ownerSuffix(done), done.Store))
	}
	switch {
	case len(r.Removed) > 0 || len(r.Failures) > 0:
	case r.Scope.All:
		lines = append(lines, "Nothing was stored.")
	default:
		lines = append(lines, fmt.Sprintf("Nothing was stored for %s%s.", r.Scope.ProviderName(), p.profileSuffix()))
	}
	return lines
}

// ownerSuffix names the profile and the service of what was removed, if they are not
// the usual ones.
func ownerSuffix(done account.Removed) (text string) {
	if done.Profile != account.DefaultProfile {
		text += " of profile " + printable(done.Profile)
	}
	if done.Issuer != "" && done.Issuer != auth.DefaultOrigin {
		text += " for " + printable(done.Issuer)
	}
	return text
}

// line is something to say, or a warning.
type line struct {
	text  string
	warns bool
}

// signOutLines say what else came of a sign-out: which tokens live on, what is still
// active, and what failed.
func (p *program) signOutLines(r *account.SignOutReport) (lines []line) {
	if r.Revoked != nil && *r.Revoked {
		lines = append(lines, line{text: "The session was ended at the service."})
	}
	for _, text := range liveTokenLines(r.LivesOn, p.env.Now()) {
		lines = append(lines, line{text: text})
	}
	for _, active := range r.StillActive {
		lines = append(lines, line{stillActive(active), true})
	}
	for _, f := range r.Failures {
		text := fmt.Sprintf("Failed in the %s: %s", strings.ReplaceAll(f.Store, "_", " "), strings.TrimSuffix(sentence(f.Err), "."))
		lines = append(lines, line{text: text})
	}
	return lines
}

// unsearchedLines name what may still hold a credential: stores that were not
// searched, unless the sign-out failed anyway, and backups. A store that the person's
// own setting forbids is no warning.
func unsearchedLines(r *account.SignOutReport) (lines []line) {
	for _, n := range r.NotSearched {
		switch {
		case len(r.Failures) > 0:
		case n.State == auth.Disabled:
			text := fmt.Sprintf("The %s was not searched, because the setting credential_store (MOGPLEX_CREDENTIAL_STORE) forbids it. "+
				"What it holds can be used again without that setting.", n.Store)
			lines = append(lines, line{text: text})
		default:
			lines = append(lines, line{"no keychain can be reached, so it was not searched; a credential that it holds can be used again when it is back", true})
		}
	}
	for _, path := range r.Backups {
		lines = append(lines, line{path + ": " + account.ErrBackup.Error(), true})
	}
	return lines
}

func stillActive(v account.StillActive) string {
	switch {
	case v.Variable != "":
		return v.Variable + " is set, and still signs in"
	case v.Foreign:
		return "the " + v.Store + " still has a key of " + v.Provider + " that belongs to another program, and mogplex uses it"
	}
	return "the " + v.Store + " still has a key of " + v.Provider + ", and mogplex uses it if no provider is named"
}

// liveTokenLines say which tokens the service still accepts.
func liveTokenLines(tokens []account.LiveToken, now time.Time) (lines []string) {
	for _, t := range tokens {
		if t.Kind == account.PersonalAccessToken {
			lines = append(lines, "The personal access token still works; delete it at "+printable(t.Issuer)+"/settings/api-keys.")
			continue
		}
		end := " until the service ends it."
		if left := t.Until.Sub(now); !t.Until.IsZero() && left > 0 {
			end = ", for " + roughly(left) + " more."
		}
		lines = append(lines, "The "+strings.ReplaceAll(string(t.Kind), "_", " ")+" still works at "+printable(t.Issuer)+end)
	}
	return lines
}

// endingFailures say once for each cause why sessions could not be ended.
func endingFailures(endings []account.Ending) (lines []string) {
	for _, e := range endings {
		if e.Err == nil {
			continue
		}
		line := "The session could not be ended at the service: " + sentence(e.Err)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}
