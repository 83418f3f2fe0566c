package login

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
)

// SignIn signs a person in (RFC 8252, authorization code with PKCE) and returns
// the grant, after flow.Save stored it. It ends when the first of the
// callback, a paste or the device grant succeeds, when the sign-in fails, when
// flow.Timeout is over ([ErrTimeout]) or when ctx ends. A sign-in that fails
// changes nothing, because only flow.Save stores.
//
// With an error of class [ErrSave] it returns the Grant too, as the only copy.
func (c *Client) SignIn(ctx context.Context, flow Flow) (*Grant, error) {
	s, err := c.service(opSignIn)
	if err != nil {
		return nil, err
	}
	defer s.close()
	a := &attempt{service: s, flow: flow.withDefaults(), state: oauth2.GenerateVerifier(), verifier: oauth2.GenerateVerifier()}
	wait, cancel := context.WithTimeout(ctx, a.flow.Timeout)
	defer cancel()
	if a.endpoints, err = s.locate(wait); err != nil {
		return nil, a.ended(ctx, err)
	}
	a.listen(ctx)
	o := a.run(ctx, wait)
	cancel()
	a.stop(ctx, o)
	return o.grant, o.err
}

// run starts the device grant, shows the prompt and waits for the decision.
func (a *attempt) run(ctx, wait context.Context) outcome {
	if err := a.startDevice(wait); err != nil {
		return outcome{err: a.ended(ctx, err)}
	}
	if !a.hasChannel() {
		return outcome{err: a.noPort()}
	}
	a.announce(wait)
	return a.wait(ctx, wait)
}

// attempt is one sign-in.
type attempt struct {
	*service
	flow            Flow
	endpoints       endpoints
	state, verifier string
	redirect        string

	server  *callbackServer // nil if no port could be bound
	pastes  pasteReader
	unbound answer           // a pasted code without state
	due     <-chan time.Time // when unbound is used; nil if there is none
	device  *deviceGrant     // nil if it does not run
	refused *Error           // the error callback without state, if there was one
	opened  chan error       // the result of flow.Open
}

// outcome is how a sign-in ended.
type outcome struct {
	grant *Grant
	where string
	err   error
}

// listen starts the callback server if a port can be bound.
func (a *attempt) listen(ctx context.Context) {
	expect := expectation{state: a.state, issuer: a.origin, requireIssuer: a.endpoints.requireIssuer,
		secrets: []string{a.state, a.verifier}}
	a.pastes.expect = expect
	ln, port := listenLoopback(ctx, a.flow.Ports)
	a.redirect = "http://" + loopbackAddress(port) + callbackPath
	if ln != nil {
		a.server = serve(ln, port, expect, a.flow.headers)
	}
}

// hasChannel reports whether a way to finish the sign-in is left.
func (a *attempt) hasChannel() bool {
	return a.server != nil || a.flow.Pasted != nil || a.due != nil || a.device != nil
}

func (a *attempt) noPort() *Error {
	return &Error{Op: a.op, Kind: ErrNoPort, Err: fmt.Errorf("each of %v on 127.0.0.1 is taken or not allowed", a.flow.Ports)}
}

// announce shows the person the address, and opens it.
func (a *attempt) announce(wait context.Context) {
	deadline, _ := wait.Deadline()
	p := Prompt{
		URL:         a.config(a.endpoints, a.redirect).AuthCodeURL(a.state, append(a.consent(), oauth2.S256ChallengeOption(a.verifier))...),
		RedirectURL: a.redirect,
		Listening:   a.server != nil,
		Deadline:    deadline,
	}
	if a.device != nil {
		p.Device = a.device.prompt()
	}
	a.flow.Show(p)
	if a.flow.Open != nil {
		a.opened = make(chan error, 1)
		go func() { a.opened <- a.flow.Open(p.URL) }()
	}
}

// wait runs until the sign-in is decided. It handles one event after the other,
// so a code is exchanged at most once.
func (a *attempt) wait(ctx, wait context.Context) outcome {
	var answers chan answer
	var refusals chan *Error
	if a.server != nil {
		answers, refusals = a.server.answers, a.server.refusals
	}
	var grace <-chan time.Time
	for a.hasChannel() {
		select {
		case <-wait.Done():
			return outcome{err: a.ended(ctx, wait.Err())}
		case <-grace:
			return outcome{err: a.refused}
		case got := <-answers:
			return a.complete(ctx, got)
		case a.refused = <-refusals:
			refusals = nil // only the first counts
			grace = time.After(a.flow.grace)
			a.reportRefusal(wait)
		case text, ok := <-a.flow.Pasted:
			if o := a.paste(ctx, text, ok); o != nil {
				return *o
			}
		case <-a.due:
			if o := a.completeUnbound(ctx); o != nil {
				return *o
			}
		case got := <-a.device.results():
			if wait.Err() != nil && got.err != nil {
				continue // it ended because the wait did
			}
			if o := a.deviceEnded(ctx, got); o != nil {
				return *o
			}
		case err := <-a.opened:
			if err != nil {
				a.flow.Notice(text.Line(openFailure(err)) + "; open the address yourself")
			}
		}
	}
	return outcome{err: a.noPort()}
}

// reportRefusal reports the error that came without state, and the new deadline.
func (a *attempt) reportRefusal(wait context.Context) {
	refused := strings.TrimSuffix(a.refused.Error(), ".") // the service's words may end a sentence
	a.flow.Notice(refused + "; waiting a little longer in case someone else sent that")
	until := time.Now().Add(a.flow.grace)
	if end, _ := wait.Deadline(); until.Before(end) {
		a.flow.Deadline(until)
	}
}

// ended returns why the wait ended without a decision.
func (a *attempt) ended(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &Error{Op: a.op, Err: web.Cause(context.Canceled)}
	case !errors.Is(err, context.DeadlineExceeded):
		return err
	case a.refused != nil:
		return a.refused
	}
	return &Error{Op: a.op, Kind: ErrTimeout, Err: ctx.Err()}
}

// complete exchanges the code and saves the grant. ctx is the caller's, so that
// the time limit does not end a sign-in whose code arrived in the last second.
func (a *attempt) complete(ctx context.Context, got answer) outcome {
	if got.refusal != nil {
		return outcome{err: got.refusal}
	}
	grant, err := a.exchange(ctx, a.config(a.endpoints, a.redirect), got.code, a.verifier)
	if err != nil {
		return outcome{err: err}
	}
	return a.save(ctx, grant)
}

func (a *attempt) save(ctx context.Context, grant *Grant) outcome {
	where, err := a.flow.Save(ctx, grant)
	if err != nil {
		return outcome{grant: grant, err: &Error{Op: a.op, Kind: ErrSave, Err: err}}
	}
	return outcome{grant: grant, where: where}
}

// paste handles one paste. It returns nil if the wait continues.
func (a *attempt) paste(ctx context.Context, text string, open bool) *outcome {
	if !open {
		a.flow.Pasted = nil
		return nil
	}
	got, err := a.pastes.read(text)
	if err != nil {
		a.due = nil // more lines came, and the whole is no code
		a.flow.PasteRejected(err)
		return nil
	}
	if got.unbound {
		a.unbound, a.due = got, time.After(pasteGap)
		return nil
	}
	o := a.complete(ctx, got)
	return &o
}

// completeUnbound exchanges a pasted code that came without state. PKCE binds it: the
// service refuses the code of another sign-in. The wait continues then, because a
// person can paste anything.
func (a *attempt) completeUnbound(ctx context.Context) *outcome {
	a.due = nil
	a.pastes.close()
	o := a.complete(ctx, a.unbound)
	if errors.Is(o.err, ErrInvalidGrant) || errors.Is(o.err, ErrRefused) {
		a.flow.PasteRejected(errPasteUnknownCode)
		return nil
	}
	return &o
}

// stop ends the callback server and the device grant.
func (a *attempt) stop(ctx context.Context, o outcome) {
	if a.server != nil {
		a.server.finish(ctx, resultPage(o))
	}
	a.device.stop()
}
