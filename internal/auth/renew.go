package auth

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// ErrClaimed says that another machine is renewing the token.
var ErrClaimed = errors.New("another machine is renewing the token")

// A renewal locks, claims the record by a swap, asks the service, and swaps the
// answer in. The claim's swap is the second look under the lock: it succeeds only
// over the revision that was found due. It also proves that the store can be
// written before the refresh token is spent.
type renewal struct {
	*Manager
	res    Result
	due    func(Credential) bool
	forced bool // also after the service rejected the refresh token before
	from   Credential
}

// claimPatience is how long an expired token waits for another's claim to end.
const claimPatience = 30 * time.Second

// maxTurns bounds how often a renewal begins again because the record changed.
const maxTurns = 8

// renew renews the credential of res, which a store holds.
func (m *Manager) renew(ctx context.Context, res Result, due func(Credential) bool, forced bool) (Result, error) {
	r := &renewal{Manager: m, res: res, due: due, forced: forced, from: res.Credential}
	patience := time.Now().Add(claimPatience)
	for range maxTurns {
		err := r.turn(ctx, time.Until(patience) <= 0)
		switch {
		case errors.Is(err, errAgain):
			continue
		case errors.Is(err, ErrClaimed) && r.res.Credential.Expired(m.Now()):
			if err := r.waitForClaim(ctx, patience); err != nil {
				return r.keep(err)
			}
			continue
		case err != nil:
			return r.keep(err)
		}
		return r.res, nil
	}
	return r.keep(ErrConflict)
}

// errAgain: the record is another one than was thought, and is due as well.
var errAgain = errors.New("begin again")

// turn is one try under the lock. It returns nil if r.res is what to use.
func (r *renewal) turn(ctx context.Context, overdue bool) error {
	h := r.res.held
	wait := LockWait
	if !r.res.Credential.Expired(r.Now()) {
		wait = briefWait
	}
	lock, err := r.lock(ctx, h.key, wait, []*Layer{h.layer}, r.changed)
	switch {
	case errors.Is(err, private.ErrUnneeded):
		return r.reload(ctx)
	case err != nil:
		return err
	}
	defer lock.Unlock()
	if lock.missing != nil && !r.res.Credential.Expired(r.Now()) {
		return fmt.Errorf("not refreshed while the token still works: %w", lock.missing)
	}
	ctx, cancel := context.WithTimeout(r.Unattended(ctx), heldLimit)
	defer cancel()
	// Also if there was none before: the maker of a claim may have left it since.
	renewed, found, err := r.displaced(ctx, h.key, h.layer.Name, h.record)
	switch {
	case err != nil:
		return fmt.Errorf("not refreshed: %w", err)
	case found:
		return r.bringHome(ctx, renewed)
	case h.displaced: // another process brought it home
		return r.reload(ctx)
	case h.record.claimedByOther(lock.id(h.layer), r.Now()) && !overdue:
		return ErrClaimed
	case h.record.rejected() && !r.forced:
		return ErrRejected
	case h.record.ReadOnly:
		return fmt.Errorf("%w: another program's file holds it", ErrNotRefreshable)
	}
	return r.claim(ctx, lock)
}

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
	if !found { // signed out meanwhile: what is in hand is not ours to use
		r.res.Credential, r.res.Found = Credential{}, false
		return ErrNotSignedIn
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
	switch {
	case r.renewedBy(rec.Credential), !r.due(rec.Credential):
		return nil
	case !rec.Refreshable():
		return ErrNotRefreshable
	}
	return errAgain
}

// renewedBy reports that c is another process' renewal, and works.
func (r *renewal) renewedBy(c Credential) bool {
	return !c.Token.Equal(r.from.Token) && c.livesUntil(r.Now().Add(freshEnough)) && !r.savedInFuture(c)
}

// waitForClaim waits, without a lock, until the record changes or patience ends.
func (r *renewal) waitForClaim(ctx context.Context, patience time.Time) error {
	h := r.res.held
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
		if !found || rec.Revision != h.record.Revision || !rec.claimedByOther("", r.Now()) {
			if err := r.reload(ctx); !errors.Is(err, errAgain) {
				return err
			}
			return nil
		}
	}
	return nil
}

// claim takes the record for this renewal, and spends its refresh token.
func (r *renewal) claim(ctx context.Context, lock *keyLock) error {
	h := &r.res.held
	claim := h.record
	claim.Revision, claim.Issuer = h.record.Revision.next(), h.key.Origin
	claim.Mark = newClaim(lock.id(h.layer), r.Now().Add(heldLimit))
	switch err := h.layer.Store.Swap(ctx, h.key, h.record.Revision, claim); {
	case errors.Is(err, ErrConflict):
		return r.reload(ctx)
	case err != nil:
		return fmt.Errorf("not refreshed: %w", err)
	}
	h.record, r.res.Credential = claim, claim.Credential
	r.dropDisplaced(ctx, h.key, h.layer.Name) // of a claim before this one
	release, err := h.layer.reserve(ctx, h.record)
	if err != nil {
		return fmt.Errorf("not refreshed: %w", err)
	}
	defer release()
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.spend(ctx)
}

// reserve makes room for the answer, before the refresh token is spent.
func (l *Layer) reserve(ctx context.Context, rec Record) (release func(), err error) {
	if l.Reserve == nil {
		return func() {}, nil
	}
	return l.Reserve(ctx, 2*(len(rec.Token.Reveal())+len(rec.Refresh.Reveal()))+reserveExtra)
}

// reserveExtra is room for what an answer may say beside its tokens, in bytes.
const reserveExtra = 4 << 10

// spend uses the refresh token of the record that this process has claimed.
func (r *renewal) spend(ctx context.Context) error {
	ctx = withoutCancel(ctx)
	asking, cancel := context.WithDeadline(ctx, deadline(ctx).Add(-saveReserve))
	defer cancel()
	h := &r.res.held
	fresh, err := r.Refresh(asking, h.record.Credential)
	if errors.Is(err, ErrRejected) {
		return r.rejected(ctx, err)
	}
	if err != nil {
		return err // the record stays as it is, with its claim
	}
	answer := h.record
	answer.Credential, answer.Mark, answer.SavedAt = fresh, nil, r.Now().UTC()
	answer.Revision = h.record.Revision.next()
	defer r.Announce(h.key)
	switch err := h.layer.Store.Swap(ctx, h.key, h.record.Revision, answer); {
	case errors.Is(err, ErrConflict):
		return r.lose(ctx, answer)
	case err != nil:
		r.keepDisplaced(ctx, answer, err)
	default:
		h.record = answer
	}
	r.res.Credential = answer.Credential
	return nil
}

// keepDisplaced keeps an answer that its store did not take.
func (r *renewal) keepDisplaced(ctx context.Context, answer Record, cause error) {
	h := &r.res.held
	r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("the %s did not take the renewed token: %v", h.layer.Name, cause))
	// The deadline is for stores that hang; this is one small file.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveReserve)
	defer cancel()
	if err := r.displace(ctx, h.key, h.layer.Name, h.record.Mark, answer); err != nil {
		r.res.Warnings = append(r.res.Warnings,
			fmt.Sprintf("it could not be kept in %s either (%v) and is lost when this command ends; sign in again", displacedPath(h.key), err))
		return
	}
	h.displaced = true
	r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("it waits in %s, encrypted, for the %s to work again", displacedPath(h.key), h.layer.Name))
}

// lose settles a renewal whose record was changed by somebody without our lock
// while the service answered. Nothing is written.
func (r *renewal) lose(ctx context.Context, answer Record) error {
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
		r.res.Credential, r.res.Found = Credential{}, false
		return ErrNotSignedIn
	}
	h.record, r.res.Credential = rec, rec.Credential
	if rec.Expired(r.Now()) {
		return ErrConflict
	}
	return nil
}

// bringHome stores a displaced token in its own layer.
func (r *renewal) bringHome(ctx context.Context, renewed Record) error {
	h := &r.res.held
	renewed.Revision = h.record.Revision.next()
	switch err := h.layer.Store.Swap(ctx, h.key, h.record.Revision, renewed); {
	case errors.Is(err, ErrConflict):
		return r.reload(ctx)
	case err != nil && renewed.Expired(r.Now()):
		return fmt.Errorf("not refreshed: %w", err)
	case err != nil: // it stays where it is, and works
		r.res.Credential = renewed.Credential
		r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("the token still waits in %s: %v", displacedPath(h.key), err))
		return nil
	}
	r.dropDisplaced(ctx, h.key, h.layer.Name)
	r.Announce(h.key)
	h.record, h.displaced, r.res.Credential = renewed, false, renewed.Credential
	if r.due(renewed.Credential) && renewed.Refreshable() {
		return errAgain
	}
	return nil
}

// networkPatience is how long a home on a network is given to show what another
// machine stored.
const networkPatience = 3 * time.Second

// rejected handles invalid_grant: another machine with the same home may have
// won, so the store decides before anyone is told to sign in again.
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

// keep goes on with the token in hand if it still works, and says why it was not
// renewed; if it does not, the reason is the error.
func (r *renewal) keep(reason error) (Result, error) {
	gone := errors.Is(reason, ErrNotSignedIn) || errors.Is(reason, context.Canceled)
	if gone || r.res.Credential.Expired(r.Now()) {
		return r.res, reason
	}
	r.res.NotRenewed = reason
	return r.res, nil
}

// adopt writes the issuer into a record from before records named one.
func (m *Manager) adopt(ctx context.Context, res *Result) {
	h := &res.held
	if h.record.ReadOnly {
		return
	}
	lock, err := m.lock(ctx, h.key, briefWait, []*Layer{h.layer}, nil)
	if err != nil {
		return
	}
	defer lock.Unlock()
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	named := h.record
	named.Issuer, named.Revision = h.key.Origin, h.record.Revision.next()
	if h.layer.Store.Swap(ctx, h.key, h.record.Revision, named) == nil {
		h.record, res.Credential.Issuer = named, named.Issuer
		m.Announce(h.key)
	}
}

// withoutCancel is ctx without its cancellation, but with its deadline.
func withoutCancel(ctx context.Context) context.Context {
	end := deadline(ctx)
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	context.AfterFunc(ctx, cancel)
	return ctx
}

func deadline(ctx context.Context) time.Time {
	if end, ok := ctx.Deadline(); ok {
		return end
	}
	return time.Now().Add(heldLimit)
}
