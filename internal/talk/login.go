package talk

import (
	"context"
	"fmt"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// Ways are the ways to sign in: with the browser, with a personal access token, with a provider's key.
var Ways = [...]string{"Sign in with Mogplex", "Paste a personal access token", "Store a provider's API key"}

// LoginText begins the choice among [Ways].
func (t *Talk) LoginText(news string) string {
	switch {
	case t.session.SignedIn:
		return "Active now: " + activeText(t.session) + "."
	case t.unread:
		return "The stored credential could not be read."
	case t.session.Ended:
		return EndedText
	case news != "":
		return news + " You are not signed in."
	}
	return "You are not signed in."
}

// Providers are the providers that a key can be stored for.
func Providers() (names []string) {
	for _, p := range auth.Providers() {
		if p.Name != auth.Mogplex {
			names = append(names, p.Name)
		}
	}
	return names
}

// SecretText names a provider's kind of secret.
func SecretText(provider string) string {
	if provider == auth.Mogplex {
		return "personal access token"
	}
	return "API key of " + provider
}

// Attempt is a sign-in or the storing of a key that is under way.
type Attempt struct {
	*Job
	ctx      context.Context
	provider string
	pasted   chan string // nil if nothing can be pasted
}

// Pasting reports that [Talk.Paste] is of use.
func (a *Attempt) Pasting() bool { return a.pasted != nil }

// Attempt is what stores a credential now, or nil.
func (t *Talk) Attempt() *Attempt { return t.attempt }

// SignIn begins a sign-in with the browser. It ends with a call of [Front.SignedIn] or [Front.LoginFailed].
func (t *Talk) SignIn() {
	pasted := make(chan string)
	t.try(auth.Mogplex, "Preparing the sign-in", func(ctx context.Context, a *Attempt) (Stored, error) {
		return t.services.SignIn(ctx, pasted, func(news SignInNews) {
			if p := news.Prompt; p != nil {
				p.URL, p.UserCode, p.VerifyURL = text.Line(p.URL), text.Line(p.UserCode), text.Line(p.VerifyURL)
			}
			t.post(func() {
				if t.attempt == a {
					t.front.SignInNews(news)
				}
			})
		})
	})
	t.attempt.pasted = pasted
}

// StoreSecret checks and stores a token or key; the end is as that of [Talk.SignIn].
func (t *Talk) StoreSecret(provider string, secret auth.Secret) {
	t.try(provider, "Checking and storing the "+SecretText(provider), func(ctx context.Context, _ *Attempt) (Stored, error) {
		return t.services.StoreSecret(ctx, provider, secret)
	})
}

// Paste hands the sign-in that is under way an address that the browser ended at.
func (t *Talk) Paste(address string) {
	a := t.attempt
	if a == nil || a.pasted == nil || address == "" {
		return
	}
	t.spawn(func() {
		select {
		case a.pasted <- address:
		case <-a.ctx.Done():
		}
	})
}

// StopLogin cancels the attempt, and reports whether there was one. A credential that it still stores is announced.
func (t *Talk) StopLogin() bool {
	if t.attempt == nil {
		return false
	}
	t.attempt.cancel()
	t.attempt = nil
	t.catchUp()
	return true
}

// catchUp looks at what came up while something was being stored here.
func (t *Talk) catchUp() {
	if t.late && !t.storing() {
		t.late = false
		t.look(t.changed)
	}
}

// try has a credential of a provider stored.
func (t *Talk) try(provider, label string, store func(context.Context, *Attempt) (Stored, error)) {
	t.StopLogin()
	job, ctx := t.newJob(label)
	a := &Attempt{Job: job, ctx: ctx, provider: provider}
	t.attempt = a
	t.spawn(func() {
		stored, err := store(ctx, a)
		t.post(func() {
			switch {
			case err == nil:
				t.saved++
				t.look(func(now Session, unread error) { t.stored(a, stored, now, unread) })
			case t.attempt == a:
				t.StopLogin()
				t.front.LoginFailed(t.services.Explain(err))
			}
		})
	})
}

// stored goes on with the credential that was just stored, and says what became of it.
func (t *Talk) stored(a *Attempt, s Stored, now Session, unread error) {
	t.saved--
	a.cancel()
	if t.attempt == a {
		t.attempt = nil
	}
	t.late = false
	if unread == nil {
		t.adopt(now)
	} else {
		t.unread = true
	}
	place := text.Line(s.Place)
	if s.Account == "" {
		t.say(Noticed, fmt.Sprintf("Stored the %s in %s.", keyText(a.provider), place))
	} else {
		t.say(Noticed, fmt.Sprintf("Signed in as %s. The credential is in %s.", text.Line(s.Account), place))
	}
	for _, warning := range s.Warnings {
		t.say(Warned, warning)
	}
	switch {
	case unread != nil:
		t.explain(unread)
	case now.Provider != a.provider, s.Account != "" && now.Account != s.Account:
		t.say(Warned, "Another credential is active: "+activeText(now)+".")
	}
	t.warn(now)
	left := t.front.SignedIn(true)
	if t.run != nil && unread == nil {
		t.Rewatch()
	}
	if left {
		t.Resume()
	}
}

// Lead says what to do with the address that follows.
func (p SignInPrompt) Lead() string {
	switch {
	case !p.Listening:
		return "Open this address and sign in, then paste here the address of the page that does not load:"
	case p.Opening:
		return "Sign in with the browser that opens. If none does, open:"
	}
	return "Open this address to sign in:"
}

// CodeText says what to do with the code.
func (p SignInPrompt) CodeText() string {
	return fmt.Sprintf("Or open %s on any device and type the code %s", p.VerifyURL, p.UserCode)
}

// PasteText says how to sign in on another machine.
const PasteText = "On another machine? Sign in there, paste here the address that the browser ends at, and press Enter."
