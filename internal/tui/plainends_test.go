package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// The run to attach to is shown to whoever signs in, however late. Who leaves
// before it is there was signed in.
func TestPlainAttachAfterSignIn(t *testing.T) {
	f := func() *fake { f := newFake(); f.hold("Follow"); close(f.granted); return f }
	talking(t, f, Options{Attach: "run_1"}, func(k *talk) {
		k.want(k.types("", "/login", "1"), "Signed in as Ada", "In force now: Ada")
		if k.services.called("Follow") != 1 {
			t.Errorf("%d runs followed", k.services.called("Follow"))
		}
		k.interrupts <- struct{}{}
		k.want(k.hears(), "Interrupted.")
		k.keyboard.Close()
		if err := k.left(); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

// deaf signs out in its own time.
type deaf struct {
	*fake
	wait chan struct{}
}

func (d deaf) SignOut(context.Context) (SignedOut, error) {
	<-d.wait
	return SignedOut{Lines: []string{"Removed."}}, errors.New("not everything was removed")
}

// Leaving while a sign-out goes on is no success.
func TestPlainLeavesASignOut(t *testing.T) {
	for _, ends := range []bool{false, true} {
		var d deaf
		talkingTo(t, signedIn, func(f *fake) Services { d = deaf{f, make(chan struct{})}; return d }, Options{}, func(k *talk) {
			k.types("/logout")
			k.interrupts <- struct{}{}
			k.interrupts <- struct{}{}
			want := errNotSignedOut.Error()
			if ends {
				close(d.wait)
				want = "not everything was removed"
			} else {
				defer close(d.wait)
				time.Sleep(settle)
			}
			if err := k.left(); err == nil || err.Error() != want {
				t.Errorf("ended with %v", err)
			}
			if said := k.hears(); strings.Contains(said, "Removed.") != ends {
				t.Errorf("said %q", said)
			}
		})
	}
}

// breaking breaks down at the second look.
type breaking struct{ *fake }

func (b breaking) Session(ctx context.Context) (Session, error) {
	if b.called("Session") > 0 {
		panic("MARK")
	}
	return b.fake.Session(ctx)
}

// A look after a change that breaks down ends the app, or is left out where
// something is being answered, and nothing of it is printed.
func TestPlainPanicsAfterAChange(t *testing.T) {
	f := func() *fake { f := signedIn(); f.hold("Prompt"); return f }
	talkingTo(t, f, func(f *fake) Services { return breaking{f} }, Options{}, func(k *talk) {
		k.types("hi")
		k.services.change(func() {})
		k.hears()
		k.interrupts <- struct{}{}
		k.want(k.hears(), "Interrupted.")
		k.services.change(func() {})
		if err := k.left(); !errors.Is(err, ErrCrashed) || strings.Contains(k.said.String(), "MARK") {
			t.Errorf("ended with %v, said %q", err, k.said.String())
		}
	})
}
