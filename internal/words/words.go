// Package words has the sentences that commands and the app share: about a sign-in, a sign-out, a run, a failure.
//
// It prints nothing: callers print the [Lines]. Package outcome has the hints for failures.
package words

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// AccountName names a person: "Ada <ada@example.test>". It is empty if neither name nor
// address is known.
func AccountName(a auth.Account) string {
	switch {
	case a.Name != "" && a.Email != "":
		return text.Printable(a.Name + " <" + a.Email + ">")
	case a.Email != "":
		return text.Printable(a.Email)
	}
	return text.Printable(a.Name)
}

// Lifetime completes a sentence such as "The token …" with when a credential expires.
func Lifetime(c auth.Credential, now time.Time) string {
	left := c.ExpiresAt.Sub(now)
	switch {
	case c.ExpiresAt.IsZero():
		return "does not say when it expires"
	case left <= 0:
		return fmt.Sprintf("expired %s ago", text.Duration(-left))
	}
	return fmt.Sprintf("expires in %s", text.Duration(left))
}

// Warning returns a warning as one printable sentence.
func Warning(w string) string {
	return strings.TrimSuffix(text.Printable(strings.ReplaceAll(w, "\n", "; ")), ".") + "."
}

// Sentence returns an error's text as one printable line, with plain words for context.DeadlineExceeded.
func Sentence(err error) string {
	plain := strings.ReplaceAll(err.Error(), context.DeadlineExceeded.Error(), "it took too long")
	return text.Printable(strings.ReplaceAll(plain, "\n", "; "))
}

// Finished returns a text with a capital letter and a full stop. A text that begins with an address or a path keeps its
// first letter.
func Finished(text string) string {
	word, _, _ := strings.Cut(strings.TrimSuffix(text, "."), " ")
	if word == "" {
		return text
	}
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return strings.TrimSuffix(text, ".") + "."
}

// Line is a sentence to print.
type Line struct {
	Text  string
	Warns bool // it is a warning
}

// Lines collects sentences for the caller to print.
type Lines []Line

// Say adds a sentence, without control characters.
func (l *Lines) Say(format string, args ...any) {
	*l = append(*l, Line{Text: text.Printable(fmt.Sprintf(format, args...))})
}

// Warn adds a warning.
func (l *Lines) Warn(warning string) { *l = append(*l, Line{warning, true}) }

// Requests to use the keychain's own window.
const (
	Unlock  = "The keychain is locked. Unlock it in the window that it opens."
	Confirm = "The keychain asks whether to delete an item, which is already empty. Answer in the window that it opens."
)
