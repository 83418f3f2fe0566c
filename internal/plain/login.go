package plain

import (
	"errors"
	"fmt"
	"io"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Login implements [talk.Front].
func (p *plain) Login(news string) {
	back := "on without"
	if p.talk.Session().SignedIn {
		back = "back"
	}
	p.line(fmt.Sprintf("%s Choose a way to sign in; an empty line goes %s.", p.talk.LoginText(news), back))
	rows := talk.Ways
	rows[0] += " (recommended)"
	p.choose("login", rows[:], p.talk.Resume, func(i int) {
		[]func(){p.signIn, func() { p.askSecret(auth.Mogplex) }, p.askProvider}[i]()
	})
}

// signIn signs in with the browser. Lines typed meanwhile are pasted addresses. They hold a code, so they are not echoed,
// and a screen reader does not read them out.
func (p *plain) signIn() {
	p.restore, p.unseen = p.opt.Quiet()
	p.talk.SignIn()
}

// loud ends the quiet of a sign-in.
func (p *plain) loud() {
	p.restore()
	p.restore, p.unseen = func() {}, false
}

func (p *plain) askProvider() {
	names := talk.Providers()
	p.choose("provider", names, func() { p.Login("") }, func(i int) { p.askSecret(names[i]) })
}

func (p *plain) askSecret(provider string) {
	p.question = &question{about: "secret", secret: true,
		text: fmt.Sprintf("%s (it is not shown): ", talk.SecretText(provider)),
		take: func(line string) {
			p.question = nil
			if secret := auth.NewSecret(line); !secret.IsZero() {
				p.talk.StoreSecret(provider, secret)
			} else {
				p.Login("")
			}
		},
	}
}

// readSecret asks for a secret on the terminal.
func (p *plain) readSecret() {
	p.endLine()
	secret, err := p.opt.ReadSecret(p.ctx, p.question.text)
	if err != nil && !errors.Is(err, io.EOF) {
		p.question = nil
		p.LoginFailed(p.talk.Explain(err))
		return
	}
	p.question.take(secret.Reveal())
}

// LoginFailed implements [talk.Front].
func (p *plain) LoginFailed(problem talk.Problem) {
	p.loud()
	if !problem.Gone {
		p.problem(problem)
	}
	p.Login("")
}

// SignedIn implements [talk.Front].
func (p *plain) SignedIn(here bool) (left bool) {
	if here {
		p.loud()
	}
	if !here && (p.question.is("provider") || p.question.is("secret")) {
		return false
	}
	if p.question.is("login") {
		p.question = nil
	}
	return true
}
