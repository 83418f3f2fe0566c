package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// login is the login screen as a conversation. It ends with nil when the
// person goes back, too.
func (p *plain) login() error {
	p.choosing = true
	defer func() { p.choosing = false }()
	for {
		p.say("%s", signInText(p.session))
		n, err := p.choose("Sign in with Mogplex (recommended)", "Paste a personal access token", "Store a provider's API key")
		if err != nil || n < 0 {
			return err
		}
		stored := false
		switch n {
		case 0:
			stored, err = p.signIn()
		case 1:
			stored, err = p.storeSecret(auth.Mogplex)
		case 2:
			stored, err = p.storeKey()
		}
		if stored || leaves(err) {
			return err
		}
	}
}

// signInText begins the choice.
func signInText(now Session) string {
	switch {
	case now.SignedIn:
		return "Sign in. An empty line goes back."
	case now.unknown:
		return "Sign in. An empty line goes on without."
	case now.Ended:
		return endedText + " Choose a way; an empty line goes on without."
	}
	return "You are not signed in. Choose a way; an empty line goes on without."
}

func (p *plain) storeKey() (bool, error) {
	var names []string
	for _, provider := range auth.Providers() {
		if provider.Name != auth.Mogplex {
			names = append(names, provider.Name)
		}
	}
	n, err := p.choose(names...)
	if err != nil || n < 0 {
		return false, err
	}
	return p.storeSecret(names[n])
}

func (p *plain) storeSecret(provider string) (bool, error) {
	secret, err := p.secret(fmt.Sprintf("Token or key for %s (it is not shown): ", provider))
	if err != nil {
		return false, p.failed(err)
	}
	if secret.IsZero() {
		return false, nil
	}
	return p.store("Checking and storing", nil, func(ctx context.Context, _ func(string)) (Stored, error) {
		return p.StoreSecret(ctx, provider, secret)
	})
}

// secret asks for a secret, without echo where that can be.
func (p *plain) secret(prompt string) (auth.Secret, error) {
	if p.readSecret != nil {
		p.fresh()
		secret, err := p.readSecret(p.ctx, prompt)
		if errors.Is(err, io.EOF) {
			return secret, nil // nothing was typed
		}
		return secret, err
	}
	text, err := p.ask(prompt)
	return auth.NewSecret(text), err
}

// storing is a sign-in, or the storing of a key.
type storing func(ctx context.Context, say func(string)) (Stored, error)

// store runs what stores a credential, and says what became of it.
func (p *plain) store(doing string, pasted chan string, do storing) (bool, error) {
	var stored Stored
	err := p.work(task{doing: doing, pasted: pasted, do: func(ctx context.Context, say func(string)) (err error) {
		stored, err = do(ctx, say)
		return err
	}})
	if err != nil {
		return false, p.failed(err)
	}
	p.say("%s", storedText(stored))
	for _, warning := range stored.Warnings {
		p.say("Warning: %s", warning)
	}
	_, err = p.lookAgain(sessionText)
	return true, err
}

// failed explains an error unless it ends the app, which it then returns.
func (p *plain) failed(err error) error {
	if err != nil && !leaves(err) {
		p.explain(err)
		return nil
	}
	return err
}

// storedText says whose credential was stored, and where.
func storedText(s Stored) string {
	if s.Account == "" {
		return "Stored in " + oneLine(s.Place) + "."
	}
	return fmt.Sprintf("Signed in as %s. The credential is kept in %s.", oneLine(s.Account), oneLine(s.Place))
}

// signIn signs in with the browser. Lines that are typed meanwhile are taken
// for the address that the browser ended at, which has a code in it: it is not
// shown, and nobody has to listen to it.
func (p *plain) signIn() (bool, error) {
	pasted := make(chan string)
	restore, unseen := p.quiet()
	defer restore()
	return p.store("Preparing the sign-in", pasted, func(ctx context.Context, say func(string)) (Stored, error) {
		return p.SignIn(ctx, SignIn{
			Open:   true,
			Show:   func(prompt SignInPrompt) { say(promptText(prompt, unseen)) },
			Notice: func(line string) { say(line + "\n") },
			Until:  func(end time.Time) { say(untilText(end) + "\n") },
			Reject: func(p Problem) { say(strings.TrimSpace(p.Text+" "+p.Hint) + "\n") },
			Pasted: pasted,
		})
	})
}

// promptText is what a person needs to sign in. The address is alone on its
// line.
func promptText(p SignInPrompt, unseen bool) string {
	var b strings.Builder
	b.WriteString(leadText(p) + "\n" + oneLine(p.URL) + "\n")
	if p.UserCode != "" {
		b.WriteString(codeText(p) + "\n")
	}
	b.WriteString("On another machine? Sign in there, paste here the address that the browser ends at, and press Enter.")
	if unseen {
		b.WriteString(" It is not shown.")
	}
	b.WriteString("\n")
	if !p.Deadline.IsZero() {
		b.WriteString(untilText(p.Deadline) + " ")
	}
	return b.String() + "Ctrl+C stops.\n"
}

func untilText(end time.Time) string {
	return "Waiting for you until " + end.Local().Format("15:04:05") + "."
}
