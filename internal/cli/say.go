package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// say writes lines to the person, broken between words on a terminal. Text from
// elsewhere can't steer it.
func (p *program) say(format string, args ...any) {
	lines := text.Clean(fmt.Sprintf(format, args...))
	p.catchSignals()
	if f, ok := p.stderr.(*os.File); ok && p.isTerminal(f) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 { // 0: it does not know
			lines = text.Wrap(lines, width)
		}
	}
	fmt.Fprintln(p.stderr, lines)
}

// warn writes each warning to the person.
func (p *program) warn(warnings ...string) {
	for _, w := range warnings {
		p.say("Warning: %s", warning(w))
	}
}

// warning is a warning as one printable sentence.
func warning(w string) string {
	return strings.TrimSuffix(text.Printable(strings.ReplaceAll(w, "\n", "; ")), ".") + "."
}

// line is a line to say, or a warning.
type line struct {
	text  string
	warns bool
}

// lines are collected to be said later, or in the app.
type lines []line

// say appends one printable line.
func (l *lines) say(format string, args ...any) {
	*l = append(*l, line{text: text.Printable(fmt.Sprintf(format, args...))})
}

func (l *lines) warn(warning string) { *l = append(*l, line{warning, true}) }

// sayAll writes lines to the person.
func (p *program) sayAll(all lines) {
	for _, l := range all {
		if l.warns {
			p.warn(l.text)
		} else {
			p.say("%s", l.text)
		}
	}
}

// progress reports what a use case does to the person at the command line.
func (p *program) progress() account.Progress {
	return account.Progress{
		Begin:   p.begin,
		Unlock:  func() { p.say(unlockNotice) },
		Confirm: func() { p.say(confirmNotice) },
		Removed: func(done, total int) { p.say("Removed %d of %d…", done, total) },
	}
}

const (
	unlockNotice  = "The keychain is locked. Unlock it in the window that it opens."
	confirmNotice = "The keychain asks whether to delete an item, which is empty by now. Answer in the window that it opens."
)

// patience is how long a command works in silence.
const patience = time.Second

// begin reports a step that takes longer than patience.
func (p *program) begin(step account.Step) (end func()) {
	timer := time.AfterFunc(patience, func() { p.say("%s…", stepTitles[step]) })
	return func() { timer.Stop() }
}

// stepTitles say what a step is, for the start of a sentence.
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
