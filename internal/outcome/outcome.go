// Package outcome says what a failure means: the exit code of the command, the code for programs and for the session
// log, and what to do next, at a command line and in the app.
//
// table.go has a row for each class of failure. [Of] finds the row of an error.
package outcome

import (
	"errors"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
	"github.com/mogplex/mogplex-cli/login"
)

// The exit codes, as docs/authentication.md lists them.
const (
	OK          = 0
	Failure     = 1
	Usage       = 2
	NotSignedIn = 64
	Forbidden   = 65
	Unavailable = 69
	TryAgain    = 75
	CannotRun   = 126 // as shells do
	NoCommand   = 127
	Interrupted = 130
)

// Failures of starting the command of `mogplex auth exec`.
var (
	ErrNoCommand = errors.New("was not found")
	ErrCannotRun = errors.New("can't be run")
)

// Outcome is what a failure means.
type Outcome struct {
	Code   sessionlog.Const // for programs, and the session log
	Exit   int
	Hint   string // what to do next at a command line; may be empty
	App    string // and in the app; may be empty
	SignIn bool   // another sign-in helps
}

// Of classifies a failure. A hint of the error's own comes before that of its class, and so does how long the service
// asks to wait.
func Of(err error) Outcome {
	o := classOf(err)
	if hint := passingHint(err); hint != "" {
		o.Hint, o.App = hint, hint
	}
	var key account.ProviderError
	if errors.As(err, &key) {
		o.Hint = keyHint(key, o)
	}
	if errors.Is(err, account.ErrUnchecked) {
		o.Hint = "Try again when the service answers, or store it unchecked with `mogplex login --with-token --force`."
		o.App, o.SignIn = o.Hint, false
	}
	var own settings.HintError
	if errors.As(err, &own) {
		o.Hint, o.App, o.SignIn = own.Hint, own.Hint, false // it names what helps
	}
	return o
}

// at returns the outcome with the service's origin in its hints.
func (o Outcome) at(origin string) Outcome {
	o.Hint, o.App = strings.ReplaceAll(o.Hint, service, origin), strings.ReplaceAll(o.App, service, origin)
	return o
}

// Each calls a function with each outcome of the table.
func Each(do func(kind error, o Outcome)) {
	for _, row := range table {
		for _, kind := range row.kinds {
			do(kind, row.outcome())
		}
	}
	for _, status := range []int{0, 401, 403} {
		err := &login.Error{Kind: login.ErrRefused, Status: status}
		do(err, Of(err))
	}
	for _, err := range []error{settings.UsageError(""), errors.New("any other")} {
		do(err, Of(err))
	}
}

func classOf(err error) Outcome {
	var usage settings.UsageError
	var refused *login.Error
	switch {
	case errors.As(err, &usage):
		return Outcome{Code: "usage", Exit: Usage, Hint: "See `mogplex --help`."}
	case errors.As(err, &refused) && errors.Is(err, login.ErrRefused):
		return refusal(refused.Status)
	}
	for _, row := range table {
		for _, kind := range row.kinds {
			if errors.Is(err, kind) {
				return row.outcome()
			}
		}
	}
	return Outcome{Code: "failed", Exit: Failure}
}

// refusal is a sign-in that the service or the person refused.
func refusal(status int) Outcome {
	switch status {
	case 401:
		return Outcome{Code: "refused", Exit: NotSignedIn, Hint: "Run `mogplex login` again.", SignIn: true}
	case 403:
		return Outcome{Code: "forbidden", Exit: Forbidden, SignIn: true}
	}
	return Outcome{Code: "refused", Exit: Failure, Hint: "Run `mogplex login` again.", SignIn: true}
}

// passingHint is the hint of a failure that the service says will pass, or empty.
func passingHint(err error) string {
	status, wait := 0, time.Duration(0)
	var (
		signIn  *login.Error
		request *web.Error
	)
	switch {
	case errors.As(err, &signIn):
		status, wait = signIn.Status, signIn.RetryAfter
	case errors.As(err, &request):
		status, wait = request.Status, request.RetryAfter
	}
	switch {
	case wait > 0:
		return "Try again in " + text.Duration(wait) + "."
	case status >= 500:
		return "The service has trouble of its own. Try again later."
	}
	return ""
}
