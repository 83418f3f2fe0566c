package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/words"
)

// say writes lines to stderr, wrapped to the width of a terminal. It removes control
// characters, because the text may come from elsewhere.
func (p *program) say(format string, args ...any) {
	lines := text.Clean(fmt.Sprintf(format, args...))
	p.catchSignals()
	if f, ok := p.stderr.(*os.File); ok && p.isTerminal(f) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 { // 0: the width is not known
			lines = text.Wrap(lines, width)
		}
	}
	fmt.Fprintln(p.stderr, lines)
}

// warn writes warnings to stderr.
func (p *program) warn(warnings ...string) {
	for _, w := range warnings {
		p.say("Warning: %s", words.Warning(w))
	}
}

// warnBefore writes the warnings of a failed or successful lookup, without the one that
// err repeats.
func (p *program) warnBefore(err error, warnings []string) {
	var unread *auth.LayerError
	for _, w := range warnings {
		if !errors.As(err, &unread) || !strings.HasSuffix(w, unread.Error()) {
			p.warn(w)
		}
	}
}

// sayAll writes lines and warnings to stderr.
func (p *program) sayAll(all words.Lines) {
	for _, l := range all {
		if l.Warns {
			p.warn(l.Text)
		} else {
			p.say("%s", l.Text)
		}
	}
}

// progress writes the progress of a use case to stderr.
func (p *program) progress() account.Progress {
	return account.Progress{
		Begin:   p.begin,
		Unlock:  func() { p.say(words.Unlock) },
		Confirm: func() { p.say(words.Confirm) },
		Removed: func(done, total int) { p.say("Removed %d of %d…", done, total) },
	}
}

// debug writes the settings to stderr and, from then on, what is asked of which store and
// service.
func (p *program) debug(s settings.Settings) {
	p.say("debug: profile %s, state directory %s, store %s, service %s", s.ProfileName(), s.Dir, s.Store, s.Origin)
	p.account.Progress.Asked = func(what, answer string, took time.Duration) {
		p.say("debug: %s: %s, %s", what, answer, took.Round(10*time.Microsecond))
	}
}

// patience is how long a step runs before begin reports it.
const patience = time.Second

// begin writes a step to stderr if it takes longer than patience.
func (p *program) begin(step account.Step) (end func()) {
	timer := time.AfterFunc(patience, func() { p.say("%s…", stepTitles[step]) })
	return func() { timer.Stop() }
}

// stepTitles name the steps for a person.
var stepTitles = map[account.Step]string{
	account.FindCredential:  "Waiting for the credential",
	account.WaitForKeychain: "Waiting for the keychain",
	account.AskService:      "Asking the service",
	account.RenewToken:      "Renewing the token",
	account.RemoveStored:    "Signing out",
	account.MoveCredentials: "Moving credentials",
	account.FetchLists:      "Fetching models and MCP servers",
	account.EndAtService:    "Ending the session at the service",
}
