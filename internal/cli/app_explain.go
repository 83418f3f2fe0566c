package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Explain implements [talk.Services].
func (a *app) Explain(err error) talk.Problem {
	if err == nil {
		return talk.Problem{}
	}
	if errors.Is(err, context.Canceled) {
		return talk.Problem{Text: "Interrupted.", Gone: true}
	}
	o := a.outcomeOf(err)
	return talk.Problem{Text: finished(sentence(err)), Hint: o.App, SignIn: o.SignIn}
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
