package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Move describes a move of records from one store to another.
type Move struct {
	From, To string // names of layers
	DryRun   bool   // decide the outcome, and change nothing
	Force    bool   // replace a record of another sign-in too
}

// Moved reports the move of one record.
type Moved struct {
	Key      Key
	Outcome  MoveOutcome
	Why      string       // why it was skipped: a short phrase without a secret
	Replaced []Credential // of another sign-in, with Force; the caller revokes them
	Err      error        // why it failed; the record is where it was
}

// MoveOutcome is how a record's move ended.
type MoveOutcome string

// The outcomes of a move.
const (
	MoveDone    MoveOutcome = "moved"
	MoveCopied  MoveOutcome = "copied" // the original is another program's and stays
	MoveSkipped MoveOutcome = "skipped"
	MoveFailed  MoveOutcome = "failed"
)

// List returns all records of a layer; of a keychain those of every directory, profile
// and service.
func (m *Manager) List(ctx context.Context, layer string) ([]Listed, error) {
	return m.layerNamed(layer).Store.List(ctx)
}

// OfDirectory lists a layer's records of this directory, in all profiles.
func (m *Manager) OfDirectory(ctx context.Context, layer string) ([]Listed, error) {
	from := m.layerNamed(layer)
	list, err := from.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	return m.ofDirectory(from, list)
}

func (m *Manager) ofDirectory(from *Layer, list []Listed) (ours []Listed, err error) {
	id, err := m.Dir.find()
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		if !from.shared() {
			l.Key.DirID = id // a file has records of its own directory only
		}
		if l.Key.DirID == id {
			l.Key.Dir = m.Dir.Path
			ours = append(ours, l)
		}
	}
	return ours, nil
}

// Movable lists the source's records of this directory and profile.
func (m *Manager) Movable(ctx context.Context, how Move) ([]Listed, error) {
	from := m.layerNamed(how.From)
	list, err := from.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	if m.layerNamed(how.To).shared() && len(list) > 0 && !how.DryRun {
		m.MakeID(ctx)
	}
	list, err = m.ofDirectory(from, list)
	return slices.DeleteFunc(list, func(l Listed) bool { return l.Key.Profile != m.Profile }), err
}

// Move moves one record: it stores the record in the destination, reads it back
// there, and only then removes it from the source. It skips the record if the
// destination has one of another sign-in, unless how.Force is set. A second call
// finishes a move that was interrupted at any point. Move waits for a renewal.
func (m *Manager) Move(ctx context.Context, key Key, how Move) Moved {
	mv := &moving{Manager: m, Move: how, from: m.layerNamed(how.From), to: m.layerNamed(how.To), done: Moved{Key: key}}
	if how.DryRun {
		mv.move(ctx)
		return mv.done
	}
	m.load(ctx, key) // prompts to unlock a keychain, while no lock is held
	// Both are revisions of claims; the maker of staleClaim never finished.
	var awaited, staleClaim Revision
	for began := time.Now(); ; {
		claim := mv.attempt(ctx, staleClaim)
		switch {
		case claim == (Revision{}):
			mv.tidy(ctx)
			return mv.done
		case claim != awaited:
			awaited, began = claim, time.Now()
		case time.Since(began) > claimPatience:
			staleClaim = claim
			continue
		}
		select {
		case <-ctx.Done():
			mv.fail(ctx.Err())
			return mv.done
		case <-time.After(time.Second):
		}
	}
}

// moving is one Move under way.
type moving struct {
	*Manager
	Move
	from, to *Layer
	done     Moved
}

func (mv *moving) fail(err error) { mv.done.Outcome, mv.done.Err = MoveFailed, err }

func (mv *moving) skip(why string) { mv.done.Outcome, mv.done.Why = MoveSkipped, why }

// tidy asks a person to confirm the deletion of the original's item, which is empty by
// then, if the keychain requires that.
func (mv *moving) tidy(ctx context.Context) {
	if mv.done.Outcome != MoveDone || mv.from.Tidy == nil {
		return
	}
	if err := mv.from.Tidy(ctx); err != nil {
		mv.fail(fmt.Errorf("it was moved, and an empty item is left in the %s: %w", mv.from.Name, err))
	}
}

// attempt moves the record under the lock, or returns the revision of the claim that
// it has to wait for: another machine is renewing the record.
func (mv *moving) attempt(ctx context.Context, staleClaim Revision) (claim Revision) {
	key := mv.done.Key
	lock, err := mv.lock(ctx, key, lockWait, []*Layer{mv.from, mv.to}, nil)
	if err != nil {
		mv.fail(err)
		return Revision{}
	}
	defer lock.Unlock()
	ctx, cancel := context.WithTimeout(mv.Unattended(ctx), heldLimit)
	defer cancel()
	rec, found, err := mv.from.Store.Load(ctx, key)
	if err == nil && found && rec.hasActiveClaim(lock.id(mv.from), mv.Now()) && rec.Revision != staleClaim {
		return rec.Revision
	}
	mv.move(ctx)
	if mv.done.Outcome != MoveSkipped {
		mv.announce(key)
	}
	return Revision{}
}

// move loads the record from both stores, decides, and acts.
func (mv *moving) move(ctx context.Context) {
	rec, found, err := mv.from.Store.Load(ctx, mv.done.Key)
	switch {
	case err != nil:
		mv.fail(fmt.Errorf("the %s could not be read: %w", mv.from.Name, err))
		return
	case !found:
		mv.skip("it no longer exists")
		return
	case rec.later:
		mv.skip(ErrLater.Error())
		return
	}
	there, taken, err := mv.to.Store.Load(ctx, mv.done.Key)
	if err != nil && !errors.Is(err, ErrDamaged) {
		mv.fail(fmt.Errorf("the %s could not be read: %w", mv.to.Name, err))
		return
	}
	if taken && there.ReadOnly { // stored beside the other program's record
		there, taken = Record{}, false
	}
	if taken && !mv.mayReplace(ctx, rec, there, err) {
		return
	}
	if mv.DryRun {
		mv.done.Outcome = MoveDone
		return
	}
	mv.copyThenRemove(ctx, rec, there, taken)
}

// mayReplace reports whether rec may replace there, the destination's record; damaged
// is the error if that can't be read. If not, it finishes the move: it removes an
// original that was copied before, or skips the record.
func (mv *moving) mayReplace(ctx context.Context, rec, there Record, damaged error) bool {
	sameSignIn := rec.Revision.sameSignIn(there.Revision)
	live := mv.withDisplaced(ctx, mv.done.Key, mv.to.Name, there)
	switch {
	case sameSignIn && live.Revision.Count <= rec.Revision.Count:
		return true
	case sameSignIn: // an interrupted move left the original, and the copy was renewed
		mv.removeOriginal(ctx, rec)
	case sameToken(rec, there) && rec.ReadOnly:
		mv.skip("already there; the original is another program's and stays")
	case sameToken(rec, there):
		mv.removeOriginal(ctx, rec)
	case !mv.Force:
		mv.skip(fmt.Sprintf("the %s holds %s; --force replaces it", mv.to.Name, ownerOf(there, damaged)))
	default:
		if damaged == nil {
			mv.done.Replaced = append(mv.done.Replaced, live.Credential)
		}
		return true
	}
	return false
}

// copyThenRemove stores rec in the destination and removes the original.
func (mv *moving) copyThenRemove(ctx context.Context, rec, there Record, taken bool) {
	rec, err := mv.assignRevision(ctx, rec)
	if err != nil {
		mv.fail(fmt.Errorf("the %s could not be written: %w", mv.from.Name, err))
		return
	}
	copied, err := mv.storeCopy(ctx, rec, there)
	if err != nil {
		mv.done.Replaced = nil
		mv.fail(err)
		return
	}
	mv.removeOriginal(ctx, rec)
	if mv.done.Outcome == MoveFailed && !taken {
		mv.undoCopy(ctx, rec.Revision, copied)
	}
}

// assignRevision gives a record a revision before it is copied, if it has none. The
// copy and the original then show that they are of one sign-in.
func (mv *moving) assignRevision(ctx context.Context, rec Record) (Record, error) {
	if rec.ReadOnly || rec.Revision.SignIn != "" {
		return rec, nil
	}
	named := rec
	named.Revision = rec.Revision.next()
	if named.lacksIssuer() {
		named.Issuer = mv.done.Key.Origin
	}
	return named, mv.from.Store.Swap(ctx, mv.done.Key, rec.Revision, named)
}

// storeCopy stores rec, or its renewed record from displaced.json, in the destination.
// It drops a claim, whose maker has ended.
func (mv *moving) storeCopy(ctx context.Context, rec, there Record) (copied Revision, err error) {
	next := rec
	renewed, found, err := mv.displaced(ctx, mv.done.Key, mv.from.Name, rec)
	if err != nil {
		return Revision{}, err
	}
	if found {
		next = renewed
	}
	next.Revision, next.ReadOnly = rec.Revision.next(), false
	if next.Mark != nil && !next.Rejected() {
		next.Mark = nil
	}
	if err := mv.to.Store.Swap(ctx, mv.done.Key, there.Revision, next); err != nil {
		return Revision{}, fmt.Errorf("it could not be stored in the %s: %w", mv.to.Name, err)
	}
	return next.Revision, nil
}

// removeOriginal removes the record from the source. Another program's record stays.
func (mv *moving) removeOriginal(ctx context.Context, rec Record) {
	switch {
	case rec.ReadOnly:
		mv.done.Outcome = MoveCopied
		return
	case mv.DryRun:
		mv.done.Outcome = MoveDone
		return
	}
	if _, _, err := mv.from.Store.Delete(ctx, mv.done.Key, &rec.Revision); err != nil {
		mv.fail(fmt.Errorf("the original could not be removed: %w", err))
		return
	}
	mv.done.Outcome = MoveDone
	mv.dropDisplaced(ctx, mv.done.Key, mv.from.Name)
}

// undoCopy removes a copy whose original could not be removed: if one sign-in
// were in two places, signing out of one would end the other.
func (mv *moving) undoCopy(ctx context.Context, original, copied Revision) {
	rec, found, err := mv.from.Store.Load(ctx, mv.done.Key)
	if err != nil || !found || rec.Revision != original {
		return // the copy may be the only one
	}
	if _, _, err := mv.to.Store.Delete(ctx, mv.done.Key, &copied); err == nil {
		mv.done.Err = fmt.Errorf("nothing was moved: %w", mv.done.Err)
	}
}

func sameToken(a, b Record) bool { return a.Token.Equal(b.Token) && a.Refresh.Equal(b.Refresh) }

// ownerOf describes a record that a move does not replace, and its owner.
func ownerOf(rec Record, damaged error) string {
	switch {
	case damaged != nil:
		return "a damaged credential"
	case rec.Account.Email != "":
		return "another sign-in, of " + rec.Account.Email
	case rec.Account.Name != "":
		return "another sign-in, of " + rec.Account.Name
	case rec.Type == APIKey:
		return "another key"
	}
	return "another sign-in"
}
