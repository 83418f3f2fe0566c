package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/login"
)

// Explain implements [talk.Services].
func (a *app) Explain(err error) talk.Problem {
	if err == nil {
		return talk.Problem{}
	}
	if errors.Is(err, context.Canceled) {
		return talk.Problem{Text: "Interrupted.", Gone: true}
	}
	problem := talk.Problem{Text: finished(sentence(err))}
	if o, ok := promptOutcome(err, a.account.Origin); ok {
		problem.Hint = o.hint
	} else {
		problem.Hint = screenHint(a.outcomeOf(err))
	}
	var own account.HintError
	if errors.As(err, &own) {
		problem.Hint = own.Hint
		return problem // it names what helps, which is not signing in
	}
	problem.SignIn = slices.ContainsFunc(signInHelps, func(kind error) bool { return errors.Is(err, kind) })
	return problem
}

// finished is an error's text as a sentence. What does not begin with a word,
// such as an address, stays as it is.
func finished(text string) string {
	word, _, _ := strings.Cut(strings.TrimSuffix(text, "."), " ")
	if word == "" {
		return text
	}
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return strings.TrimSuffix(text, ".") + "."
}

// signInHelps are the failures that another sign-in mends.
var signInHelps = []error{
	auth.ErrNotSignedIn, auth.ErrExpired, auth.ErrRejected,
	chat.ErrUnauthorized, chat.ErrRedirected, hosted.ErrUnauthorized, login.ErrInvalidGrant,
	login.ErrRefused, login.ErrTimeout,
}

// promptOutcome classes a prompt that failed. Its code is for the session log.
func promptOutcome(err error, origin string) (outcome, bool) {
	for _, row := range []struct {
		kind error
		outcome
	}{
		{account.ErrReplaced, outcome{code: "replaced", hint: "It was not sent. Send it again, and the one that is active now answers."}},
		{errNoModelChosen, outcome{code: "no_model_chosen", hint: "Pick one with /models."}},
		{chat.ErrRedirected, outcome{code: "redirected", hint: "A personal access token is taken: make one at " +
			origin + "/settings/api-keys, and store it with /login."}},
		{chat.ErrNoModel, outcome{code: "no_model", hint: "Enable one at " +
			origin + "/web/models, or see " + origin + "/plans-and-billing."}},
		{chat.ErrUnauthorized, outcome{code: "unauthorized", hint: "Sign in again with /login."}},
		{chat.ErrForbidden, outcome{code: "forbidden", hint: "Pick another model with /models."}},
		{chat.ErrRefused, outcome{code: "refused", hint: "Pick another model with /models."}},
		{chat.ErrRateLimited, outcome{code: "rate_limited", hint: "Wait, then try again."}},
		{chat.ErrUnreachable, outcome{
			code: "unreachable", hint: "Check the network and the proxy (HTTPS_PROXY), then try again.",
		}},
		{chat.ErrCut, outcome{code: "cut", hint: "Send it again."}},
	} {
		if errors.Is(err, row.kind) {
			row.hint = passing(err, row.hint)
			return row.outcome, true
		}
	}
	return outcome{}, false
}

// screenHint is the next thing to do in the app, where that is another than on
// the command line.
func screenHint(o outcome) string {
	switch o.code {
	case "usage", "not_checked":
		return "" // it says what is wrong
	case "not_signed_in":
		return "Sign in with /login."
	case "refused":
		return "" // another sign-in is what helps
	case "sign_in_timeout":
		return "It has to be finished within five minutes."
	case "no_port":
		return "Paste the address that the browser ends at, or free port 24816 or 24818."
	case "corrupt":
		return "Sign in again with /login: what is damaged is replaced, and a file is backed up first."
	case "file_refused":
		return "Move that file away, then sign in again with /login."
	case "not_refreshable":
		return "Only a browser sign-in is renewed: /login."
	case "later_version":
		return "Use that version, or remove the credential with /logout and sign in again."
	case "not_found":
		return "Check its name, and with /status whose credential is used."
	}
	return o.hint
}
