package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// check asks, with every fault cleared, whether what mogplex promised is so.
func (w *world) check(ctx context.Context, s *step) error {
	entered := w.promised(s)
	if r := w.service.wasteful(); r != nil {
		w.losses++
		return errors.New("a refresh token was used again, and the answer to its first use was not lost: " +
			"a renewed token was dropped")
	}
	c := w.plain(ctx, "auth", "token")
	w.count(c)
	if c.code == failure && w.blank(c) && w.promise != signedIn {
		return w.mend(ctx)
	}
	err := w.judge(&step{}, c)
	switch {
	case err != nil:
	case c.code == done:
		err = w.found(ctx, c, entered)
	case c.code == notSignedIn:
		err = w.missing()
	default:
		err = fmt.Errorf("exit code %d with nothing wrong", c.code)
	}
	if err != nil {
		return w.blame(c, fmt.Errorf("afterwards, with every fault cleared: %w", err))
	}
	if err := w.stored(ctx); err != nil {
		return err
	}
	if err := w.sealed(s); err != nil {
		w.leaks++
		return err
	}
	if w.promise == signedIn && !w.inForce.personal && w.random.IntN(4) == 0 {
		return w.heals(ctx)
	}
	return nil
}

// blank reports a command that met a blank item after the keychain was killed in this step: gnome-keyring leaves one
// where that happened while it made the item.
func (w *world) blank(c *command) bool {
	return w.blanking && strings.Contains(c.stdout+c.stderr, "the keychain item is damaged: it is blank")
}

// mend does what is said about a damaged item.
func (w *world) mend(ctx context.Context) error {
	w.blanks++
	c := w.plain(ctx, "logout")
	w.count(c)
	if c.code != done {
		return w.blame(c, errors.New("it does not remove a blank item"))
	}
	w.promise, w.blanking = signedOut, false
	return w.stored(ctx)
}

// promised works out what the user may rely on after a step, and reports whether that includes a new sign-in.
func (w *world) promised(s *step) (entered bool) {
	in, out, left, halfWay := s.runs(login, loginToken), s.runs(logout), false, false
	k := s.has(keychainFault)
	unseen := k != nil && k.gap && w.mode == auto // a sign-out that finds no keychain is content with the file
	var new *session
	for _, c := range s.commands {
		if c.name == logout && (c.code != done || unseen) {
			halfWay = true
		}
		switch {
		case c.code != done:
		case c.name == login:
			entered, new = true, w.service.newest
		case c.name == loginToken:
			entered, new = true, c.brings
		case c.name == logout:
			left = true
		}
	}
	if halfWay {
		w.service.giveUp(w.inForce)
		w.service.giveUp(new)
	}
	switch {
	case s.has(sessionFault) != nil, in && out:
		w.promise, entered = unknown, false
	case entered:
		w.promise, w.inForce = signedIn, new
	case in && w.promise == signedOut:
		w.promise = unknown
	case left && !unseen:
		w.promise = signedOut
	case out && w.promise == signedIn:
		w.promise = unknown
	}
	return entered
}

// found judges the credential that is there.
func (w *world) found(ctx context.Context, c *command, entered bool) error {
	printed, whole := strings.CutSuffix(c.stdout, "\n")
	of, issued := w.service.issued(printed)
	switch {
	case !whole || !issued:
		return errors.New("what it printed is no token of the service")
	case w.promise == signedOut:
		return errors.New("the user signed out, and the credential is still there")
	case entered && of != w.inForce:
		w.losses++
		return errors.New("the user signed in, and an older credential is in force")
	}
	if !w.service.Valid(printed) {
		// Its time is over at the service, whose clock may be another: renewing must work.
		if renewed, err := w.renewable(ctx, of); !renewed {
			return err
		}
	}
	if ended, answerLost := w.service.gone(of); ended || answerLost {
		w.promise = unknown // it lives for a moment more
		return nil
	}
	w.promise, w.inForce = signedIn, of
	return nil
}

// renewable renews a token that the service does not take any more, and reports whether that worked.
func (w *world) renewable(ctx context.Context, of *session) (bool, error) {
	c := w.plain(ctx, "auth", "refresh")
	w.count(c)
	if c.overrun {
		return false, w.judge(&step{}, c)
	}
	if c.code == done {
		c = w.plain(ctx, "auth", "token")
		w.count(c)
		if c.code == done && w.service.Valid(strings.TrimSpace(c.stdout)) {
			return true, nil
		}
	}
	return false, w.lost(of, fmt.Errorf("the service does not accept what is stored: %s: %s",
		c.outcome(), w.redact(c.stderr)))
}

// missing judges that nobody is signed in.
func (w *world) missing() error {
	if w.promise == signedIn {
		return w.lost(w.inForce, errors.New("the user is signed in, and no credential that works is there"))
	}
	return nil // where that was not known, the status decides
}

// lost counts a credential that does not work any more. It is a loss, unless it was not promised, or the service ended
// it, or a lost answer did under strict rotation, which nothing on this side can prevent.
func (w *world) lost(of *session, err error) error {
	ended, answerLost := w.service.gone(of)
	promised := w.promise == signedIn
	w.promise = unknown
	switch {
	case ended, !promised:
		return nil
	case answerLost:
		if !w.mourned[of] {
			w.mourned[of] = true
			w.answersLost++
		}
		return nil
	}
	w.losses++
	return err
}

// stored compares what `auth status` says, with every fault cleared, with what another program sees.
func (w *world) stored(ctx context.Context) error {
	c := w.plain(ctx, "auth", "status", "--json")
	w.count(c)
	if err := w.judge(&step{}, c); err != nil {
		return w.blame(c, err)
	}
	r, err := statusOf(c)
	if err != nil {
		return w.blame(c, err)
	}
	w.note("  then: %s", r)
	if w.blank(c) { // what is in force is elsewhere
		return w.mend(ctx)
	}
	items, err := w.items(ctx)
	if err != nil {
		return err
	}
	there := false
	for _, item := range items {
		there = there || strings.HasSuffix(item, ".mogplex")
	}
	switch {
	case w.mode == file && len(items) > 0:
		return w.blame(c, errors.New("the keychain was written to, which the setting forbids"))
	case w.mode != file && there != (r.state(keychain) == "present"):
		return w.blame(c, fmt.Errorf("it says of the keychain %q; another program finds an item there: %t",
			r.state(keychain), there))
	case w.promise == signedIn && !r.SignedIn, w.promise == signedOut && r.SignedIn:
		return w.blame(c, fmt.Errorf("it says signed in: %t; the user is signed %s", r.SignedIn, w.promise))
	case w.promise == unknown && !r.SignedIn:
		w.promise = signedOut
	case r.Active != nil && r.Active.Source == file && !strings.Contains(strings.Join(r.Warnings, " "), "kept in"):
		return w.blame(c, errors.New("it does not say that the credential is kept in a file"))
	}
	return nil
}

// heals renews with nothing wrong: afterwards the credential is in the keychain, and no file has it.
func (w *world) heals(ctx context.Context) error {
	c := w.plain(ctx, "auth", "refresh")
	w.count(c)
	if err := w.judge(&step{}, c); err != nil {
		return w.blame(c, err)
	}
	if c.code != done {
		return w.blame(c, w.lost(w.inForce, fmt.Errorf("exit code %d with nothing wrong", c.code)))
	}
	if w.mode == file {
		return nil
	}
	w.clear = false
	return w.blame(c, w.sealed(&step{}))
}
