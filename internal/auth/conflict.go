package auth

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// If another process wrote the record, or is about to, a renewal loads it again
// and uses what it finds.

// changed reports, while a lock is waited for, that the record is no longer the
// one that was found due.
func (r *renewal) changed(ctx context.Context) bool {
	if !r.announced(r.res.held.key) {
		return false
	}
	rec, found, err := r.res.held.layer.Store.Load(ctx, r.res.held.key)
	return err == nil && (!found || rec.Mark == nil && rec.Revision != r.res.held.record.Revision)
}

// reload reads the record again after another writer changed it. It returns nil
// if what is there is to be used, and errAgain if that is due as well.
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

// checkLoaded returns nil if the credential that was found meanwhile is to be used,
// and errAgain if it is due as well.
func (r *renewal) checkLoaded() error {
	switch c := r.res.Credential; {
	case r.renewedBy(c), !r.due(c):
		return nil
	case !c.Refreshable():
		return ErrNotRefreshable
	}
	return errAgain
}

// resolveAgain resolves again after the record disappeared from its layer. If it
// was moved, the renewal goes on there. If it was signed out, the current token
// must not be used any more.
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

// renewedBy reports that another process renewed c, and that it works.
func (r *renewal) renewedBy(c Credential) bool {
	return !c.Token.Equal(r.from.Token) && c.livesUntil(r.Now().Add(freshEnough)) && !r.savedInFuture(c)
}

// claimPatience is how long the owner of an expired token waits for another
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
	if time.Since(began) < heldLimit { // its maker may still be running
		return ErrClaimed
	}
	r.staleClaim = h.record.Revision
	return errAgain
}

// lostSwap ends a renewal whose record somebody changed without our lock while the
// service answered. It writes nothing.
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

// networkPatience is how long a network file system may take to show what another
// machine stored.
const networkPatience = 3 * time.Second

// rejected handles invalid_grant. Another machine with the same home may have
// renewed the token, so it reads the store again before it reports a rejection.
func (r *renewal) rejected(ctx context.Context, cause error) error {
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
	mark := h.record
	mark.Revision, mark.Mark = h.record.Revision.next(), &Mark{State: rejected}
	if h.layer.Store.Swap(ctx, h.key, h.record.Revision, mark) == nil {
		h.record = mark
		r.Announce(h.key)
	}
	return cause
}
