package outcome

import (
	"context"
	"io/fs"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
	"github.com/mogplex/mogplex-cli/login"
)

// row is a class of failures.
type row struct {
	kinds []error
	code  sessionlog.Const
	exit  int
	hint  string // at a command line; "" for none
	app   string // in the app: "" for the same, none for none
}

const (
	none    = "-"
	service = "SERVICE" // stands for the service's origin
)

// Hints of several rows.
const (
	again      = "Try again in a moment."
	nameModel  = "Name another model with --model."
	otherModel = "Pick another model with /models."
	replaced   = "Sign in again with /login: what is damaged is replaced, and a file is backed up first."
	signIn     = "Sign in with /login."
)

// othersAtWork are the failures that pass when another process or program is done with the same credential.
var othersAtWork = []error{auth.ErrBusy, auth.ErrClaimed, auth.ErrConflict, legacyfile.ErrBusy, legacyfile.ErrChanged, keyring.ErrChanged}

// table has the classes of failures. The first match counts.
var table = []row{
	{[]error{context.Canceled}, "interrupted", Interrupted, "", ""},

	{[]error{ErrNoCommand}, "command_not_found", NoCommand, "Check its name and your PATH, or give its path.", none},
	{[]error{ErrCannotRun}, "command_not_run", CannotRun, "Check that it is a program, and that you may execute it.", none},
	{[]error{account.ErrEndsSoon}, "ends_soon", NotSignedIn, "Sign in again with `mogplex login`.", signIn},
	{[]error{account.ErrReplaced}, "busy", TryAgain,
		again,
		"It was not sent. Send it again, and the credential that is active now is used."},
	{[]error{account.ErrNoModel}, "failed", Failure, "Name one with --model.", "Pick one with /models."},
	{[]error{account.ErrOtherToken}, "forbidden", Forbidden,
		"Make another token at SERVICE/settings/api-keys, and store it with `mogplex login --with-token`.",
		"Make another token at SERVICE/settings/api-keys, and store it with /login."},
	{[]error{chat.ErrRedirected}, "forbidden", Forbidden,
		"A personal access token is accepted: make one at SERVICE/settings/api-keys, and store it with `mogplex login --with-token`.",
		"A personal access token is accepted: make one at SERVICE/settings/api-keys, and store it with /login."},
	{[]error{chat.ErrNoModel}, "forbidden", Forbidden,
		"Enable one at SERVICE/web/models, or see SERVICE/plans-and-billing.",
		""},
	{[]error{chat.ErrForbidden}, "forbidden", Forbidden, nameModel, otherModel},
	{[]error{chat.ErrRefused}, "failed", Failure, nameModel, otherModel},
	{[]error{chat.ErrCut}, "unreachable", Unavailable, "Run the command again.", "Send it again."},

	{othersAtWork, "busy", TryAgain, again, ""},
	{diskFull, "disk_full", Failure, "Make room on the disk, then try again.", ""},
	{[]error{account.ErrNotAsked}, "not_checked", Unavailable,
		"Renew the token with `mogplex auth refresh`, then check again.",
		none},
	{[]error{keyring.ErrLocked}, "keychain_locked", TryAgain, "Unlock it, then try again.", ""},
	{[]error{keyring.ErrTimeout}, "keychain_timeout", TryAgain,
		"Try again, or wait longer with MOGPLEX_KEYCHAIN_TIMEOUT=60s.",
		""},
	{[]error{keyring.ErrDenied}, "keychain_denied", Unavailable,
		"Allow mogplex to use the keychain, then try again.",
		""},
	{[]error{keyring.ErrUnavailable}, "keychain_unavailable", Unavailable, "Start a keychain, then try again.", ""},
	{[]error{auth.ErrBadValue}, "bad_variable", Failure, "Correct the variable, or unset it.", ""},
	{[]error{auth.ErrBadID}, "corrupt", Failure,
		"Restore that file, or remove it and sign in again with `mogplex login`: what the keychain holds is then removed by `mogplex logout --all` alone.",
		replaced},
	{[]error{keyring.ErrCorrupt, auth.ErrDamaged}, "corrupt", Failure,
		"Remove it with `mogplex logout`, then sign in again with `mogplex login`.",
		replaced},
	{[]error{legacyfile.ErrCorrupt}, "corrupt", Failure,
		"Fix the file, or sign in again with `mogplex login`: it is backed up first.",
		replaced},
	{[]error{legacyfile.ErrNotOwner, legacyfile.ErrNotRegular, legacyfile.ErrTooLarge, legacyfile.ErrVersion}, "file_refused", Failure,
		"Move that file away, then sign in again with `mogplex login`.",
		"Move that file away, then sign in again with /login."},
	{[]error{fs.ErrPermission}, "file_refused", Failure,
		"Fix its permissions: `chown $USER FILE && chmod 600 FILE`.",
		""},
	{[]error{hosted.ErrForbidden}, "forbidden", Forbidden, "", ""},
	{[]error{hosted.ErrNotFound}, "not_found", Failure,
		"Check the name, and with `mogplex auth status` whose credential is used.",
		"Check its name, and with /status whose credential is used."},
	{[]error{login.ErrRateLimited, hosted.ErrRateLimited}, "rate_limited", TryAgain, "Wait, then try again.", ""},
	{[]error{login.ErrUnreachable, hosted.ErrUnreachable}, "unreachable", Unavailable,
		"Check the network, the proxy (HTTPS_PROXY) and MOGPLEX_URL, then try again.",
		""},
	{[]error{login.ErrTimeout}, "sign_in_timeout", Failure,
		"Run `mogplex login` again; --timeout 15m waits longer.",
		"Finish it within five minutes."},
	{[]error{login.ErrNoPort}, "no_port", Failure,
		"Free one of the callback ports, or run `mogplex login --no-browser` and paste the address you end up at.",
		"Paste the address that the browser ends at, or free one of the callback ports."},
	{[]error{login.ErrNoDevice}, "no_device", Failure,
		"Run `mogplex login --no-browser`, open its address on any device, and paste the address you end up at.",
		none},
	{[]error{login.ErrNoMetadata}, "no_metadata", Failure,
		"Check MOGPLEX_URL: it must name an OAuth service that publishes RFC 8414 or OpenID metadata.",
		""},
	{[]error{login.ErrBadOrigin}, "usage", Usage, "Use https, or http to a loopback address with MOGPLEX_DEV=1.", none},
	{[]error{auth.ErrExpired, auth.ErrRejected, login.ErrInvalidGrant, hosted.ErrUnauthorized}, "not_signed_in", NotSignedIn,
		"Sign in again with `mogplex login`.",
		"Sign in again with /login."},
	{[]error{auth.ErrNotSignedIn}, "not_signed_in", NotSignedIn,
		"Sign in with `mogplex login`, or set MOGPLEX_API_KEY.",
		signIn},
	{[]error{auth.ErrLater}, "later_version", Failure,
		"Use that version, or remove the credential with `mogplex logout` and sign in again.",
		"Use that version, or remove the credential with /logout and sign in again."},
	{[]error{auth.ErrNotSaved}, "not_saved", Failure, "Fix the permissions of the state directory, then try again.", ""},
	{[]error{auth.ErrNotRefreshable}, "not_refreshable", Failure,
		"Only a browser sign-in is renewed: `mogplex login`.",
		"Only a browser sign-in is renewed: /login."},
	{[]error{context.DeadlineExceeded}, "timeout", TryAgain, again, ""},
}

// outcome is the row as an outcome.
func (r row) outcome() Outcome {
	o := Outcome{Code: r.code, Exit: r.exit, Hint: r.hint, App: r.app}
	switch r.app {
	case "":
		o.App = r.hint
	case none:
		o.App = ""
	}
	o.SignIn = r.code == "not_signed_in" || r.code == "sign_in_timeout"
	return o
}
