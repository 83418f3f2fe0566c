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
	dead   Revision  // of a claim that was waited for in vain
	end    time.Time // of the lock that is held
}

// maxTurns bounds how often a renewal begins again because the record changed.
const maxTurns = 8

// renew renews the credential of res, which a store holds.
func (m *Manager) renew(ctx context.Context, res Result, due func(Credential) bool, forced bool) (Result, error) {
	r := &renewal{Manager: m, res: res, due: due, forced: forced, from: res.Credential}
	patience := time.Now().Add(claimPatience)
	for range maxTurns {
		err := r.turn(ctx)
		if errors.Is(err, ErrClaimed) && r.res.Credential.Expired(m.Now()) {
			err = r.waitForClaim(ctx, patience)
		}
		if errors.Is(err, errGone) {
			err = r.lookElsewhere(ctx)
		}
		if !errors.Is(err, errAgain) {
			return r.keep(err)
		}
	}
	return r.keep(ErrConflict)
}

var (
	// errAgain: the record is another one than was thought, and is due as well.
	errAgain = errors.New("begin again")
	// errGone: the layer holds no record any more.
	errGone = errors.New("the record is gone")
)

// turn is one try under the lock. It returns nil if r.res is what to use.
func (r *renewal) turn(ctx context.Context) error {
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
	r.end = time.Now().Add(heldLimit)
	ctx, cancel := context.WithDeadline(r.Unattended(ctx), r.end)
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
	case h.record.claimedByOther(lock.id(h.layer), r.Now()) && h.record.Revision != r.dead:
		return ErrClaimed
	case h.record.rejected() && !r.forced:
		return ErrRejected
	case h.record.ReadOnly:
		return fmt.Errorf("%w: another program's file holds it", ErrNotRefreshable)
	}
	return r.claim(ctx, lock)
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
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), r.end)
	defer cancel()
	asking, cancel := context.WithDeadline(ctx, r.end.Add(-saveReserve))
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

// keep goes on with the token in hand if it still works, and says why it was not
// renewed; if it does not, the reason is the error.
func (r *renewal) keep(reason error) (Result, error) {
	if reason == nil {
		return r.res, nil
	}
	gone := errors.Is(reason, ErrNotSignedIn) || errors.Is(reason, context.Canceled) ||
		errors.Is(reason, ErrRejected) && r.savedInFuture(r.res.Credential) // its end is not to be believed
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
