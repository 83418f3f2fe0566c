package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// ErrClaimed says that another machine is renewing the token.
var ErrClaimed = errors.New("another machine is renewing the token")

// renewal locks the key, claims the record by a swap, asks the service, and swaps the
// answer in. The claim replaces only the revision that was found due, so the renewal
// need not load the record again under the lock. The claim also proves that the store
// can be written before the refresh token is spent.
type renewal struct {
	*Manager
	res        Result
	due        func(Credential) bool
	forced     bool       // renew even if the service rejected the refresh token before
	from       Credential // at the beginning
	staleClaim Revision   // of a claim whose maker never finished
	end        time.Time  // when the lock has to be released
}

// maxAttempts bounds how often a renewal or a sign-in tries, each time because the
// record changed.
const maxAttempts = 8

// renew renews the credential of res, which a store holds.
func (m *Manager) renew(ctx context.Context, res Result, due func(Credential) bool, forced bool) (Result, error) {
	r := &renewal{Manager: m, res: res, due: due, forced: forced, from: res.Credential}
	patience := time.Now().Add(claimPatience)
	for range maxAttempts {
		err := r.attempt(ctx)
		if errors.Is(err, ErrClaimed) && r.res.Credential.Expired(m.Now()) {
			err = r.waitForClaim(ctx, patience)
		}
		if errors.Is(err, errGone) {
			err = r.resolveAgain(ctx)
		}
		if !errors.Is(err, errAgain) {
			return r.fallBack(err)
		}
	}
	return r.fallBack(ErrConflict)
}

var (
	// errAgain: the record changed, and the new one is due as well.
	errAgain = errors.New("begin again")
	// errGone: the layer no longer has the record.
	errGone = errors.New("the record is gone")
)

// attempt tries once under the lock. It returns nil if r.res is to be used.
func (r *renewal) attempt(ctx context.Context) error {
	h := r.res.held
	wait := lockWait
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
	r.end = time.Now().Add(heldLimit)
	ctx, cancel := context.WithDeadline(r.Unattended(ctx), r.end)
	defer cancel()
	// Look again even if there was none: the maker of a claim may have written it since.
	renewed, found, err := r.displaced(ctx, h.key, h.layer.Name, h.record)
	switch {
	case err != nil:
		return fmt.Errorf("not refreshed: %w", err)
	case found:
		return r.restoreDisplaced(ctx, renewed)
	case h.displaced: // another process stored it
		return r.reload(ctx)
	case h.record.hasActiveClaim(lock.id(h.layer), r.Now()) && h.record.Revision != r.staleClaim:
		return ErrClaimed
	case h.record.Rejected() && !r.forced:
		return ErrRejected
	case h.record.ReadOnly:
		return fmt.Errorf("%w: another program's file holds it", ErrNotRefreshable)
	}
	return r.claim(ctx, lock)
}

// claim marks the record as claimed by this renewal, and then spends its refresh token.
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
	r.dropDisplaced(ctx, h.key, h.layer.Name) // it belonged to an earlier claim
	release, err := h.layer.reserve(ctx, h.record)
	if err != nil {
		return fmt.Errorf("not refreshed: %w", err)
	}
	defer release()
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.exchange(ctx)
}

// reserve reserves space for the answer, before the refresh token is spent.
func (l *Layer) reserve(ctx context.Context, rec Record) (release func(), err error) {
	if l.Reserve == nil {
		return func() {}, nil
	}
	return l.Reserve(ctx, 2*(len(rec.Token.Reveal())+len(rec.Refresh.Reveal()))+reserveExtra)
}

// reserveExtra is the space in bytes for an answer's members other than tokens.
const reserveExtra = 4 << 10

// exchange spends the refresh token of the claimed record, and stores the answer.
func (r *renewal) exchange(ctx context.Context) error {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), r.end)
	defer cancel()
	asking, cancel := context.WithDeadline(ctx, r.end.Add(-saveReserve))
	defer cancel()
	h := &r.res.held
	fresh, err := r.Refresh(asking, h.record.Credential)
	if errors.Is(err, ErrRejected) {
		return r.confirmRejection(ctx, err)
	}
	if err != nil {
		return err // the record stays as it is, with its claim
	}
	answer := h.record
	answer.Credential, answer.Mark, answer.SavedAt = fresh, nil, r.Now().UTC()
	answer.Revision = h.record.Revision.next()
	defer r.announce(h.key)
	switch err := h.layer.Store.Swap(ctx, h.key, h.record.Revision, answer); {
	case errors.Is(err, ErrConflict):
		return r.lostSwap(ctx, answer)
	case err != nil:
		r.displaceAnswer(ctx, answer, err)
	default:
		h.record = answer
	}
	r.res.Credential = answer.Credential
	return nil
}

// fallBack returns the current token if it still works, with the reason why it was
// not renewed; otherwise the reason is the error.
func (r *renewal) fallBack(reason error) (Result, error) {
	if reason == nil {
		return r.res, nil
	}
	unusable := errors.Is(reason, ErrNotSignedIn) || errors.Is(reason, context.Canceled) ||
		errors.Is(reason, ErrRejected) && r.savedInFuture(r.res.Credential)
	if unusable || r.res.Credential.Expired(r.Now()) {
		return r.res, reason
	}
	r.res.NotRenewed = reason
	return r.res, nil
}

// storeIssuer adds the issuer to a record that lacks one.
func (m *Manager) storeIssuer(ctx context.Context, res *Result) {
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
		m.announce(h.key)
	}
}
