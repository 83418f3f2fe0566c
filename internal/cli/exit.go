package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// The exit codes, see package outcome.
const (
	exitOK          = outcome.OK
	exitFailure     = outcome.Failure
	exitUsage       = outcome.Usage
	exitNotSignedIn = outcome.NotSignedIn
	exitForbidden   = outcome.Forbidden
	exitUnavailable = outcome.Unavailable
	exitTryAgain    = outcome.TryAgain
	exitInterrupted = outcome.Interrupted
)

// outcomeOf classifies a failure. The hints name the profile that the failed command was about, so that they can be typed
// as they stand.
func (p *program) outcomeOf(err error) outcome.Outcome {
	o := outcome.Of(err)
	if own := (account.HintError{}); !errors.As(err, &own) {
		if o.Code == "keychain_locked" {
			o.Hint, o.App = p.env.Site().UnlockHint(), p.env.Site().UnlockHint()
		}
		other := p.otherStoreHint(o.Code, err)
		o.Hint, o.App = o.Hint+other, o.App+other
	}
	if p.account != nil {
		o = o.At(p.account.Origin)
	}
	o.Hint, o.App = p.inProfile(o.Hint), p.inProfile(o.App)
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
			return " Or keep another credential in a file: `MOGPLEX_CREDENTIAL_STORE=file " + outcome.StoreCommand(key.Provider) + "`."
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
	switch outcome.Of(err).Code {
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
	return &report{Code: string(o.Code), Message: sentence(err), Hint: o.Hint}
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
			return o.Exit
		}
	}
	var quiet silent
	if errors.As(err, &quiet) {
		return o.Exit
	}
	if o.Exit == exitInterrupted {
		p.say("Interrupted.")
		return o.Exit
	}
	p.say("mogplex: %s", sentence(err))
	if o.Hint != "" {
		p.say("%s", o.Hint)
	}
	return o.Exit
}

// silent is an error whose text the command has already printed.
type silent struct{ error }

func (s silent) Unwrap() error { return s.error }
