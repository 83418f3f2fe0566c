package cli

import (
	"errors"
	"slices"

	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// here returns what hints depend on.
func (p *program) here() outcome.Here {
	here := outcome.Here{Unlock: p.env.Site().UnlockHint()}
	if a := p.account; a != nil {
		here.Profile, here.Store, here.Origin = a.CommandProfile(), a.Store, a.Origin
	}
	return here
}

// outcomeOf returns what a failure means here. If a profile has no credential, it may
// be a mistyped one.
func (p *program) outcomeOf(err error) outcome.Outcome {
	o := p.here().Of(err)
	if o.Code == "not_signed_in" && p.profile() != "" {
		if near := p.nearestProfile(); near != "" {
			o.Hint = didYouMean("`--profile "+near+"`") + o.Hint
		}
	}
	return o
}

// nearestProfile returns the profile that a new one probably means, or "".
func (p *program) nearestProfile() string {
	profiles := p.env.Profiles()
	if slices.Contains(profiles, p.profile()) {
		return ""
	}
	return text.Nearest(p.profile(), profiles)
}

// report is the error object in JSON output.
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
	return &report{Code: string(o.Code), Message: words.Sentence(err), Hint: o.Hint}
}

// fail prints an error and returns its exit code. With --json it prints an object on
// stdout; otherwise, or if stdout can't be written, text on stderr.
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
	if o.Exit == outcome.Interrupted {
		p.say("Interrupted.")
		return o.Exit
	}
	p.say("mogplex: %s", words.Sentence(err))
	if o.Hint != "" {
		p.say("%s", o.Hint)
	}
	return o.Exit
}

// silent is an error whose text the command has already printed.
type silent struct{ error }

func (s silent) Unwrap() error { return s.error }

// silenced returns an error that fail does not print; nil for nil.
func silenced(err error) error {
	if err == nil {
		return nil
	}
	return silent{err}
}
