package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
	"github.com/mogplex/mogplex-cli/login"
)

// The exit codes, as docs/authentication.md lists them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotSignedIn = 64
	exitForbidden   = 65
	exitUnavailable = 69
	exitTryAgain    = 75
	exitInterrupted = 130
)

// outcome is how a failure ends a command.
type outcome struct {
	code sessionlog.Const // for programs, and the session log
	exit int
	hint string // the next thing to type
}

const signInHint = "Sign in with `mogplex login`, or set MOGPLEX_API_KEY."

// outcomes says how each class of failure ends a command. The first match
// counts.
var outcomes = []struct {
	kinds []error
	outcome
}{
	{[]error{context.Canceled}, outcome{"interrupted", exitInterrupted, ""}},
	{othersAtWork, outcome{"busy", exitTryAgain, "Try again in a moment."}},
	{diskFull, outcome{"disk_full", exitFailure, "Make room on the disk, then try again."}},
	{[]error{account.ErrNotAsked}, outcome{"not_checked", exitUnavailable, "Renew the token with `mogplex auth refresh`, then check again."}},
	{[]error{keyring.ErrLocked}, outcome{"keychain_locked", exitTryAgain, "Unlock it, then try again."}},
	{[]error{keyring.ErrTimeout}, outcome{"keychain_timeout", exitTryAgain, "Try again, or wait longer with MOGPLEX_KEYCHAIN_TIMEOUT=60s."}},
	{[]error{keyring.ErrDenied}, outcome{"keychain_denied", exitUnavailable, "Allow mogplex to use the keychain, then try again."}},
	{[]error{keyring.ErrUnavailable}, outcome{"keychain_unavailable", exitUnavailable, "Start a keychain, then try again."}},
	{[]error{auth.ErrBadValue}, outcome{"bad_variable", exitFailure, "Correct the variable, or unset it."}},
	{[]error{auth.ErrBadID}, outcome{"corrupt", exitFailure, "Restore that file, or remove it and sign in again with `mogplex login`: what the keychain holds is then removed by `mogplex logout --all` alone."}},
	{[]error{keyring.ErrCorrupt, auth.ErrDamaged}, outcome{"corrupt", exitFailure, "Remove it with `mogplex logout`, then sign in again with `mogplex login`."}},
	{[]error{legacyfile.ErrCorrupt}, outcome{"corrupt", exitFailure, "Fix the file, or sign in again with `mogplex login`: it is backed up first."}},
	{[]error{legacyfile.ErrNotOwner, legacyfile.ErrNotRegular, legacyfile.ErrTooLarge, legacyfile.ErrVersion}, outcome{"file_refused", exitFailure, "Move that file away, then sign in again with `mogplex login`."}},
	{[]error{fs.ErrPermission}, outcome{"file_refused", exitFailure, "Fix its permissions: it has to be yours, and you have to be allowed to read and write it."}},
	{[]error{web.ErrForbidden}, outcome{"forbidden", exitForbidden, ""}},
	{[]error{web.ErrNotFound}, outcome{"not_found", exitFailure, "Check the name, and with `mogplex auth status` whose credential is used."}},
	{[]error{web.ErrRateLimited}, outcome{"rate_limited", exitTryAgain, "Wait, then try again."}},
	{[]error{web.ErrUnreachable}, outcome{"unreachable", exitUnavailable, "Check the network, the proxy (HTTPS_PROXY) and MOGPLEX_URL, then try again."}},
	{[]error{login.ErrTimeout}, outcome{"sign_in_timeout", exitFailure, "Run `mogplex login` again; --timeout 15m waits longer."}},
	{[]error{login.ErrNoPort}, outcome{"no_port", exitFailure, "Free port 24816 or 24818, or run `mogplex login --no-browser` and paste the address you end up at."}},
	{[]error{login.ErrBadOrigin}, outcome{"usage", exitUsage, "Use https, or http to a loopback address with MOGPLEX_DEV=1."}},
	{[]error{auth.ErrExpired, auth.ErrRejected, login.ErrInvalidGrant, web.ErrUnauthorized}, outcome{"not_signed_in", exitNotSignedIn, "Sign in again with `mogplex login`."}},
	{[]error{auth.ErrNotSignedIn}, outcome{"not_signed_in", exitNotSignedIn, signInHint}},
	{[]error{auth.ErrLater}, outcome{"later_version", exitFailure, "Use that version, or remove the credential with `mogplex logout` and sign in again."}},
	{[]error{auth.ErrNotSaved}, outcome{"not_saved", exitFailure, "Fix the permissions of the state directory, then try again."}},
	{[]error{auth.ErrNotRefreshable}, outcome{"not_refreshable", exitFailure, "Only a browser sign-in is renewed: `mogplex login`."}},
	{[]error{context.DeadlineExceeded}, outcome{"timeout", exitTryAgain, "Try again in a moment."}},
}

// othersAtWork are the failures that pass when another process, or another
// program, is done with the same credential.
var othersAtWork = []error{auth.ErrBusy, auth.ErrClaimed, auth.ErrConflict, legacyfile.ErrBusy, legacyfile.ErrChanged, keyring.ErrChanged}

// outcomeOf classes a failure.
func outcomeOf(err error) outcome {
	o := outcome{"failed", exitFailure, ""}
	var usage account.UsageError
	if errors.As(err, &usage) {
		o = outcome{"usage", exitUsage, "See `mogplex --help`."}
	} else if known, ok := classOf(err); ok {
		o = known
	}
	var refused *login.Error
	if errors.As(err, &refused) && errors.Is(err, login.ErrRefused) {
		o = refusal(refused.Status)
	}
	o.hint = passing(err, o.hint)
	var key account.ProviderError
	if errors.As(err, &key) {
		o.hint = keyHint(key, o)
	}
	var own account.HintError
	if errors.As(err, &own) {
		o.hint = own.Hint
	}
	return o
}

// outcomeOf is the outcome with the profile in each command of the hint: typed as
// it stands, it is about the profile that the failed command was about.
func (p *program) outcomeOf(err error) outcome {
	o := outcomeOf(err)
	if own := (account.HintError{}); !errors.As(err, &own) {
		if o.code == "keychain_locked" {
			o.hint = p.env.Site().UnlockHint()
		}
		o.hint += p.otherStoreHint(o.code, err)
	}
	o.hint = p.inProfile(o.hint)
	return o
}

// otherStoreHint is the way around a keychain that can't be used, if the settings
// leave one: what the keychain holds stays as it is.
func (p *program) otherStoreHint(code sessionlog.Const, err error) string {
	switch code {
	case "keychain_locked", "keychain_timeout", "keychain_denied":
		if p.account != nil && p.account.Store == account.StoreAuto {
			var key account.ProviderError
			errors.As(err, &key)
			return " Or keep another credential in a file: `MOGPLEX_CREDENTIAL_STORE=file " + storeCommand(key.Provider) + "`."
		}
	case "keychain_unavailable":
		if p.account != nil && p.account.Store == account.StoreKeychain {
			return " Or allow the file with MOGPLEX_CREDENTIAL_STORE=auto."
		}
	}
	return ""
}

// againHint is what helps against the failure of a store that a command has to
// reach: no other store stands in for it.
func (p *program) againHint(err error, command string) string {
	var own account.HintError
	if errors.As(err, &own) {
		return own.Hint
	}
	cure := "Fix the cause."
	switch outcomeOf(err).code {
	case "keychain_locked":
		cure = strings.TrimSuffix(p.env.Site().UnlockHint(), ", then try again.")
		cure = strings.TrimSuffix(cure, ".") + "."
	case "keychain_timeout":
		cure = "Wait longer with MOGPLEX_KEYCHAIN_TIMEOUT=60s."
	case "keychain_denied":
		cure = "Allow mogplex to use the keychain."
	case "keychain_unavailable":
		cure = "Start a keychain."
	case "disk_full":
		cure = "Make room on the disk."
	case "corrupt", "file_refused":
		cure = "Fix that file, or move it away."
	case "busy", "timeout":
		cure = "Wait a moment."
	}
	return cure + " Then run `" + command + "` again."
}

// inProfile names the profile in each command of a hint.
func (p *program) inProfile(hint string) string {
	if p.profile() == "" {
		return hint
	}
	for _, command := range []string{"mogplex login", "mogplex logout", "mogplex auth", "mogplex --attach"} {
		hint = strings.ReplaceAll(hint, command, "mogplex --profile "+p.profile()+strings.TrimPrefix(command, "mogplex"))
	}
	return hint
}

// profileSuffix names the profile in a sentence about what is stored, unless it is
// the default one.
func (p *program) profileSuffix() string {
	if p.profile() == "" {
		return ""
	}
	return " in profile " + p.profile()
}

// passing is the hint of a failure that the service says passes, or another.
func passing(err error, hint string) string {
	var failed *web.Error
	switch {
	case !errors.As(err, &failed):
	case failed.RetryAfter > 0:
		return "Try again in " + text.Duration(failed.RetryAfter) + "."
	case failed.Status >= 500:
		return "The service has trouble of its own. Try again later."
	}
	return hint
}

func classOf(err error) (outcome, bool) {
	for _, row := range outcomes {
		for _, kind := range row.kinds {
			if errors.Is(err, kind) {
				return row.outcome, true
			}
		}
	}
	return outcome{}, false
}

// refusal is a sign-in that the service or the person said no to.
func refusal(status int) outcome {
	switch status {
	case 401:
		return outcome{"refused", exitNotSignedIn, "Run `mogplex login` again."}
	case 403:
		return outcome{"forbidden", exitForbidden, ""}
	}
	return outcome{"refused", exitFailure, "Run `mogplex login` again."}
}

// report is the error object of --json.
type report struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (p *program) reportOf(err error) *report {
	if err == nil {
		return nil
	}
	o := p.outcomeOf(err)
	return &report{Code: string(o.code), Message: sentence(err), Hint: o.hint}
}

// sentence makes an error's text one printable line, without Go's own words for
// a deadline.
func sentence(err error) string {
	said := strings.ReplaceAll(err.Error(), context.DeadlineExceeded.Error(), "it took too long")
	return text.Printable(strings.ReplaceAll(said, "\n", "; "))
}

// fail prints a failure and returns its exit code: with --json as an object on
// stdout, else, or if that can't be written, as text on stderr.
func (p *program) fail(err error) int {
	o := p.outcomeOf(err)
	if p.json {
		if !p.printed {
			p.printJSON(map[string]*report{"error": p.reportOf(err)})
		}
		if out, ok := p.stdout.(*checkedWriter); !ok || out.err == nil {
			return o.exit
		}
	}
	var quiet silent
	if errors.As(err, &quiet) {
		return o.exit
	}
	if o.exit == exitInterrupted {
		p.say("Interrupted.")
		return o.exit
	}
	p.say("mogplex: %s", sentence(err))
	if o.hint != "" {
		p.say("%s", o.hint)
	}
	return o.exit
}

// silent is an error whose text the command has already printed.
type silent struct{ error }

func (s silent) Unwrap() error { return s.error }
