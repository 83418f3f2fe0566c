package cli

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/mogplex/mogplex-cli/internal/account"
)

// say writes lines to the person, broken between words on a terminal. What comes
// from elsewhere can't steer it.
func (p *program) say(format string, args ...any) {
	text := printableLines(fmt.Sprintf(format, args...))
	p.catchSignals()
	if f, ok := p.stderr.(*os.File); ok && p.isTerminal(f) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 { // 0: it does not know
			text = wrap(text, width)
		}
	}
	fmt.Fprintln(p.stderr, text)
}

// sayAll writes sentences to the person.
func (p *program) sayAll(sentences []string) {
	for _, text := range sentences {
		p.say("%s", text)
	}
}

// sayLine writes a line to the person.
func (p *program) sayLine(l line) {
	if l.warns {
		p.warn(l.text)
	} else {
		p.say("%s", l.text)
	}
}

// wrap breaks a text's lines between words. A word that is longer than a line,
// such as an address, stays whole, so that it can be copied.
func wrap(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		var b strings.Builder
		column := 0
		for _, word := range strings.Split(line, " ") {
			n := utf8.RuneCountInString(word)
			if column > 0 && column+1+n > width {
				b.WriteByte('\n')
				column = 0
			} else if column > 0 {
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += n
		}
		lines[i] = b.String()
	}
	return strings.Join(lines, "\n")
}

// warn writes each line to the person as a warning.
func (p *program) warn(lines ...string) {
	for _, line := range lines {
		p.say("Warning: %s", warning(line))
	}
}

// warning is a warning's text as one printable sentence.
func warning(text string) string {
	return strings.TrimSuffix(printable(strings.ReplaceAll(text, "\n", "; ")), ".") + "."
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
	account.StoreCredential: "Storing the credential",
	account.RemoveStored:    "Signing out",
	account.MoveCredentials: "Moving credentials",
	account.FetchLists:      "Fetching models and MCP servers",
	account.EndRemoved:      "Ending the session at the service",
	account.EndReplaced:     "Ending the replaced session at the service",
	account.EndUnsaved:      "Ending a session that is not stored",
}

// printable takes out of a text from elsewhere what could steer a terminal or
// reorder a line: control characters and bidirectional marks.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
}

// printableLines is printable for a text of several lines.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}
