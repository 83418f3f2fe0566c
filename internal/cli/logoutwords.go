package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// removedMax is how many removals are named one by one.
const removedMax = 20

// removedLines say what a sign-out removed.
func (p *program) removedLines(r *account.SignOutReport) (out lines) {
	for i, done := range r.Removed {
		if i == removedMax {
			out.say("And %d more.", len(r.Removed)-i)
			break
		}
		out.say("Removed the %s credential%s from the %s.", done.Provider, ownerSuffix(done), done.Store)
	}
	switch {
	case len(r.Removed) > 0 || len(r.Failures) > 0:
	case r.Scope.All:
		out.say("Nothing was stored.")
	default:
		out.say("Nothing was stored for %s%s.", r.Scope.ProviderName(), p.profileSuffix())
	}
	return out
}

// ownerSuffix names the profile and the service of what was removed, if they are not
// the usual ones.
func ownerSuffix(done account.Removed) (suffix string) {
	if done.Profile != account.DefaultProfile {
		suffix += " of profile " + done.Profile
	}
	if done.Issuer != "" && done.Issuer != auth.DefaultOrigin {
		suffix += " for " + done.Issuer
	}
	return suffix
}

// signOutLines say what else came of a sign-out: which tokens live on, what is still
// active, and what failed.
func signOutLines(r *account.SignOutReport, now time.Time) (out lines) {
	if r.Revoked != nil && *r.Revoked {
		out.say("The session was ended at the service.")
	}
	out = append(out, liveTokenLines(r.LivesOn, now)...)
	for _, v := range r.StillActive {
		switch {
		case v.Variable != "":
			out.warn(v.Variable + " is set, and still signs in")
		case v.Foreign:
			out.warn("the " + v.Store + " still has a key of " + v.Provider + " that belongs to another program, and mogplex uses it")
		default:
			out.warn("the " + v.Store + " still has a key of " + v.Provider + ", and mogplex uses it if no provider is named")
		}
	}
	for _, f := range r.Failures {
		out.say("Failed in the %s: %s", strings.ReplaceAll(f.Store, "_", " "), strings.TrimSuffix(sentence(f.Err), "."))
	}
	return out
}

// unsearchedLines name what may still hold a credential: stores that were not
// searched, unless the sign-out failed anyway, and backups. A store that the person's
// own setting forbids is no warning.
func unsearchedLines(r *account.SignOutReport) (out lines) {
	for _, n := range r.NotSearched {
		switch {
		case len(r.Failures) > 0:
		case n.State == auth.Disabled:
			out.say("The %s was not searched, because the setting credential_store (MOGPLEX_CREDENTIAL_STORE) forbids it. "+
				"What it holds can be used again without that setting.", n.Store)
		default:
			out.warn("no keychain can be reached, so it was not searched; a credential that it holds can be used again when it is back")
		}
	}
	for _, path := range r.Backups {
		out.warn(path + ": " + account.ErrBackup.Error())
	}
	return out
}

// liveTokenLines say which tokens the service still accepts.
func liveTokenLines(tokens []account.LiveToken, now time.Time) (out lines) {
	for _, t := range tokens {
		kind, left := strings.ReplaceAll(string(t.Kind), "_", " "), t.Until.Sub(now)
		switch {
		case t.Kind == account.PersonalAccessToken:
			out.say("The %s still works; delete it at %s/settings/api-keys.", kind, t.Issuer)
		case !t.Until.IsZero() && left > 0:
			out.say("The %s still works at %s, for %s more.", kind, t.Issuer, text.Duration(left))
		default:
			out.say("The %s still works at %s until the service ends it.", kind, t.Issuer)
		}
	}
	return out
}

// endingFailures say once for each cause why sessions could not be ended.
func endingFailures(endings []account.Ending) (out lines) {
	for _, e := range endings {
		if e.Err == nil {
			continue
		}
		if l := (line{text: "The session could not be ended at the service: " + sentence(e.Err)}); !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}
