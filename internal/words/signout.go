package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// removedMax is the most removals that are listed one by one.
const removedMax = 20

// Removed lists the credentials that a sign-out of a profile removed.
func Removed(r *account.SignOutReport, profile string) (out Lines) {
	for i, done := range r.Removed {
		if i == removedMax {
			out.Say("And %d more.", len(r.Removed)-i)
			break
		}
		out.Say("Removed the %s credential%s from the %s.", done.Provider, ownerSuffix(done), done.Store)
	}
	switch {
	case len(r.Removed) > 0 || len(r.Failures) > 0:
	case r.Scope.All:
		out.Say("Nothing was stored.")
	default:
		out.Say("Nothing was stored for %s%s.", r.Scope.ProviderName(), OfProfile(profile))
	}
	return out
}

// ownerSuffix names the profile and the service of a removed credential, if they are not
// the default ones.
func ownerSuffix(done account.Removed) (suffix string) {
	if done.Profile != settings.DefaultProfile {
		suffix += " of profile " + done.Profile
	}
	if done.Issuer != "" && done.Issuer != auth.DefaultOrigin {
		suffix += " for " + done.Issuer
	}
	return suffix
}

// SignedOut lists the tokens that still work after a sign-out, the credentials that are still active, and the failures.
func SignedOut(r *account.SignOutReport, now time.Time) (out Lines) {
	if r.Revoked != nil && *r.Revoked {
		out.Say("The session was ended at the service.")
	}
	out = append(out, LiveTokens(r.LivesOn, now)...)
	for _, v := range r.StillActive {
		switch {
		case v.Variable != "":
			out.Warn(v.Variable + " is set, and still signs in")
		case v.Foreign:
			out.Warn("the " + v.Store + " still has a key of " + v.Provider + " that belongs to another program, and mogplex uses it")
		default:
			out.Warn("the " + v.Store + " still has a key of " + v.Provider + ", and mogplex uses it if no provider is named")
		}
	}
	if len(r.Failures) > 1 { // SignOutError reports a single one
		for _, f := range r.Failures {
			out.Say("Failed in the %s: %s", strings.ReplaceAll(f.Store, "_", " "), strings.TrimSuffix(Sentence(f.Err), "."))
		}
	}
	return out
}

// Unsearched lists backups and stores that may still hold a credential. It omits the stores if the sign-out failed
// anyway. A store that the person's own setting excludes is no warning.
func Unsearched(r *account.SignOutReport) (out Lines) {
	for _, n := range r.NotSearched {
		switch {
		case len(r.Failures) > 0:
		case n.State == auth.Disabled:
			out.Say("The %s was not searched, because the setting credential_store (MOGPLEX_CREDENTIAL_STORE) forbids it. "+
				"A credential in it can be used again without that setting.", n.Store)
		default:
			out.Warn("no keychain can be reached, so it was not searched; a credential in it can be used again when it is back")
		}
	}
	for _, path := range r.Backups {
		out.Warn(path + ": " + account.ErrBackup.Error())
	}
	return out
}

// LiveTokens lists the tokens that the service still accepts.
func LiveTokens(tokens []account.LiveToken, now time.Time) (out Lines) {
	for _, t := range tokens {
		kind, left := strings.ReplaceAll(string(t.Kind), "_", " "), t.Until.Sub(now)
		switch {
		case t.Kind == account.PersonalAccessToken:
			out.Say("The %s still works; delete it at %s/settings/api-keys.", kind, t.Issuer)
		case !t.Until.IsZero() && left > 0:
			out.Say("The %s still works at %s, for %s more.", kind, t.Issuer, text.Duration(left))
		default:
			out.Say("The %s still works at %s until the service ends it.", kind, t.Issuer)
		}
	}
	return out
}

// EndingFailures reports why sessions could not be ended, once for each cause.
func EndingFailures(endings []account.Ending) (out Lines) {
	for _, e := range endings {
		if e.Err == nil {
			continue
		}
		if l := (Line{Text: "The session could not be ended at the service: " + Sentence(e.Err)}); !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// OfProfile returns the end of a sentence that names a profile, unless it is the default one.
func OfProfile(profile string) string {
	if profile == "" {
		return ""
	}
	return " in profile " + profile
}

// SignOutError joins the failures of a sign-out. Its hint is to repeat the sign-out: bypassing the failed store would
// leave its credential there.
func SignOutError(r *account.SignOutReport, here outcome.Here) error {
	err := r.Err()
	if err == nil {
		return nil
	}
	return settings.HintError{Err: fmt.Errorf("signing out is not complete: %w", err), Hint: here.AgainHint(err, LogoutCommand(r.Scope))}
}

// LogoutCommand returns the command that removes a scope.
func LogoutCommand(scope account.Scope) string {
	switch {
	case scope.All:
		return "mogplex logout --all"
	case scope.Provider != "":
		return "mogplex logout --provider " + scope.Provider
	}
	return "mogplex logout"
}
