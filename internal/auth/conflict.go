package auth

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// If another process wrote the record, or is about to, a renewal loads it again
// and uses the record that it finds.

// changed reports whether the record was replaced since it was found due. The
// renewal polls it while it waits for the lock.
func (r *renewal) changed(ctx context.Context) bool {
	if !r.announced(r.res.held.key) {
		return false
	}
	rec, found, err := r.res.held.layer.Store.Load(ctx, r.res.held.key)
	return err == nil && (!found || rec.Mark == nil && rec.Revision != r.res.held.record.Revision)
}

// reload reads the record again after another writer changed it. It returns nil
// if r.res is to be used, and errAgain if the new record is due as well.
func (r *renewal) reload(ctx context.Context) error {
	h := &r.res.held
	rec, found, err := h.layer.Store.Load(ctx, h.key)
	if err != nil {
		return err
	}
	if !found {
		return errGone
	}
	h.record, r.res.Credential = rec, rec.Credential
	renewed, found, err := r.displaced(ctx, h.key, h.layer.Name, rec)
	if h.displaced = found; found {
		r.res.Credential = renewed.Credential
		return errAgain
	}
	if err != nil {
		return err
	}
	return r.checkLoaded()
}

// checkLoaded returns nil if the credential that was just loaded is to be used, and
// errAgain if it is due as well.
func (r *renewal) checkLoaded() error {
	switch c := r.res.Credential; {
	case r.renewedElsewhere(c), !r.due(c):
		return nil
	case !c.Refreshable():
		return ErrNotRefreshable
	}
	return errAgain
}

// resolveAgain resolves again after the record disappeared from its layer. If it
// was moved, the renewal continues in the other layer. After a sign-out the current
// token must not be used any more.
func (r *renewal) resolveAgain(ctx context.Context) error {
	provider, warnings := r.res.held.key.Provider, r.res.Warnings
	res, err := r.Resolve(ctx, Query{Provider: provider})
	r.res = res
	r.res.Warnings = append(warnings, res.Warnings...)
	switch {
	case err != nil:
		return err
	case res.held.displaced:
		return errAgain
	}
	return r.checkLoaded()
}

// renewedElsewhere reports whether another process just renewed c, and c works.
func (r *renewal) renewedElsewhere(c Credential) bool {
	return !c.Token.Equal(r.from.Token) && c.livesUntil(r.Now().Add(freshEnough)) && !r.savedInFuture(c)
}

// claimPatience is how long a command with an expired token waits for another
// process's claim to end.
const claimPatience = 30 * time.Second

// waitForClaim waits, without a lock, until the record changes or patience ends.
func (r *renewal) waitForClaim(ctx context.Context, patience time.Time) error {
	h, began := r.res.held, time.Now()
	for pause := 200 * time.Millisecond; time.Now().Before(patience); pause = min(2*pause, time.Second) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause + rand.N(pause/4)):
		}
		rec, found, err := h.layer.Store.Load(ctx, h.key)
		if err != nil {
			return err
		}
		if !found || rec.Revision != h.record.Revision || !rec.hasActiveClaim("", r.Now()) {
			return r.reload(ctx)
		}
	}
	if time.Since(began) < heldLimit { // the claim is new, and its maker may still run
		return ErrClaimed
	}
	r.staleClaim = h.record.Revision
	return errAgain
}

// lostSwap ends a renewal whose record another writer, without our lock, changed
// while the service answered. It writes nothing.
func (r *renewal) lostSwap(ctx context.Context, answer Record) error {
	h := &r.res.held
	rec, found, err := h.layer.Store.Load(ctx, h.key)
	if err != nil {
		r.res.Credential = answer.Credential
		r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("the renewed token is not stored: %v", err))
		return nil
	}
	if !found || !rec.Revision.sameSignIn(answer.Revision) {
		r.Revoke(ctx, answer.Credential)
	}
	if !found {
		return errGone
	}
	h.record, r.res.Credential = rec, rec.Credential
	if rec.Expired(r.Now()) {
		return ErrConflict
	}
	return nil
}

// networkPatience is how long a network file system may take to show another machine's
// write.
const networkPatience = 3 * time.Second

// confirmRejection handles invalid_grant. Another machine that shares the store may
// have renewed the token, so it reads the store again before it marks the record as
// rejected and returns cause.
func (r *renewal) confirmRejection(ctx context.Context, cause error) error {
	h := &r.res.held
	until := time.Now()
	if h.layer.OnNetwork != nil && h.layer.OnNetwork() {
		until = until.Add(networkPatience)
	}
	for {
		rec, found, err := h.layer.Store.Load(ctx, h.key)
		switch {
		case err != nil:
			return cause
		case !found || rec.Revision != h.record.Revision:
			return r.reload(ctx)
		}
		if !time.Now().Before(until) {
			break
		}
		select {
		case <-ctx.Done():
			return cause
		case <-time.After(200 * time.Millisecond):
		}
	}
	marked := h.record
	marked.Revision, marked.Mark = h.record.Revision.next(), &Mark{State: rejected}
	if h.layer.Store.Swap(ctx, h.key, h.record.Revision, marked) == nil {
		h.record = marked
		r.announce(h.key)
	}
	return cause
}
