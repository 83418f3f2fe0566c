package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Move says how records are moved from one store to another.
type Move struct {
	From, To string // InKeychain or InFile
	DryRun   bool   // decide, and change nothing
	Force    bool   // also over a record of another sign-in
}

// Moved is what became of one record.
type Moved struct {
	Key      Key
	Outcome  MoveOutcome
	Why      string       // of what was skipped: a short phrase without a secret
	Replaced []Credential // of another sign-in, with Force; to be revoked
	Err      error        // of what failed; the record is where it was
}

// MoveOutcome is how a record's move ended.
type MoveOutcome string

// The outcomes of a move.
const (
	MoveDone    MoveOutcome = "moved"
	MoveCopied  MoveOutcome = "copied" // another program's stays where it is
	MoveSkipped MoveOutcome = "skipped"
	MoveFailed  MoveOutcome = "failed"
)

// List returns the keys of all records of a layer; in a keychain those of every
// directory, profile and service.
func (m *Manager) List(ctx context.Context, layer string) ([]Listed, error) {
	return m.layerNamed(layer).Store.List(ctx)
}

// Movable lists the keys of this directory and profile that the source has records
// of.
func (m *Manager) Movable(ctx context.Context, how Move) ([]Listed, error) {
	list, err := m.layerNamed(how.From).Store.List(ctx)
	if err != nil {
		return nil, err
	}
	if how.To == InKeychain && len(list) > 0 && !how.DryRun {
		m.MakeID(ctx)
	}
	var ours []Listed
	id, err := m.Dir.find()
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		if how.From == InFile {
			l.Key.DirID = id // a file has one directory's records alone
		}
		if l.Key.Profile == m.Profile && l.Key.DirID == id {
			l.Key.Dir = m.Dir.Path
			ours = append(ours, l)
		}
	}
	return ours, nil
}

// Move moves one record: it is stored in the destination and read back there, and
// only then removed from the source. What the destination has of another sign-in
// stays, and the record is skipped. Interrupted at any point and run again it
// finishes the job. It waits for a renewal that is under way.
func (m *Manager) Move(ctx context.Context, key Key, how Move) Moved {
	done := Moved{Key: key}
	from, to := m.layerNamed(how.From), m.layerNamed(how.To)
	if how.DryRun {
		m.move(ctx, from, to, how, &done)
		return done
	}
	m.load(ctx, key)          // has a person unlock a keychain, while no lock is held
	var waited, dead Revision // of claims; dead is one that was waited for in vain
	for began := time.Now(); ; {
		claim := m.moveLocked(ctx, from, to, how, &done, dead)
		switch {
		case claim == (Revision{}):
			from.tidyAfter(ctx, &done)
			return done
		case claim != waited:
			waited, began = claim, time.Now()
		case time.Since(began) > claimPatience:
			dead = claim
			continue
		}
		select {
		case <-ctx.Done():
			done.Outcome, done.Err = MoveFailed, ctx.Err()
			return done
		case <-time.After(time.Second):
		}
	}
}

// tidyAfter asks a person for the removal of the original, if the keychain wants
// one for that. The item is empty by then.
func (l *Layer) tidyAfter(ctx context.Context, done *Moved) {
	if done.Outcome != MoveDone || l.Tidy == nil {
		return
	}
	if err := l.Tidy(ctx); err != nil {
		done.Outcome, done.Err = MoveFailed, fmt.Errorf("it was moved, and an empty item is left in the %s: %w", l.Name, err)
	}
}

// moveLocked is one try. It returns the revision of a claim if a renewal on
// another machine has to be waited for.
func (m *Manager) moveLocked(ctx context.Context, from, to *Layer, how Move, done *Moved, dead Revision) (claim Revision) {
	lock, err := m.lock(ctx, done.Key, LockWait, []*Layer{from, to}, nil)
	if err != nil {
		done.Outcome, done.Err = MoveFailed, err
		return Revision{}
	}
	defer lock.Unlock()
	ctx, cancel := context.WithTimeout(m.Unattended(ctx), heldLimit)
	defer cancel()
	rec, found, err := from.Store.Load(ctx, done.Key)
	if err == nil && found && rec.claimedByOther(lock.id(from), m.Now()) && rec.Revision != dead {
		return rec.Revision
	}
	m.move(ctx, from, to, how, done)
	if done.Outcome != MoveSkipped {
		m.Announce(done.Key)
	}
	return Revision{}
}

func (m *Manager) move(ctx context.Context, from, to *Layer, how Move, done *Moved) {
	fail := func(err error) { done.Outcome, done.Err = MoveFailed, err }
	rec, found, err := from.Store.Load(ctx, done.Key)
	if err != nil {
		fail(fmt.Errorf("the %s could not be read: %w", from.Name, err))
		return
	}
	if !found {
		done.Outcome, done.Why = MoveSkipped, "it is gone"
		return
	}
	if rec.later {
		done.Outcome, done.Why = MoveSkipped, ErrLater.Error()
		return
	}
	there, taken, err := to.Store.Load(ctx, done.Key)
	if err != nil && !errors.Is(err, ErrDamaged) {
		fail(fmt.Errorf("the %s could not be read: %w", to.Name, err))
		return
	}
	if taken && there.ReadOnly { // ours goes beside the other program's
		there, taken = Record{}, false
	}
	count := m.live(ctx, done.Key, to.Name, there).Revision.Count // of an answer that waits for the destination, too
	switch {
	case !taken, rec.Revision.sameSignIn(there.Revision) && count <= rec.Revision.Count:
	case rec.Revision.sameSignIn(there.Revision): // an earlier try was interrupted, or this one is older
		m.moveAway(ctx, from, how, rec, done)
		return
	case rec.ReadOnly && sameToken(rec, there):
		done.Outcome, done.Why = MoveSkipped, "already there; the original is another program's and stays"
		return
	case sameToken(rec, there):
		m.moveAway(ctx, from, how, rec, done)
		return
	case !how.Force:
		done.Outcome, done.Why = MoveSkipped, fmt.Sprintf("the %s holds %s; --force replaces it", to.Name, whose(there, err))
		return
	default:
		if err == nil {
			done.Replaced = append(done.Replaced, m.live(ctx, done.Key, to.Name, there).Credential)
		}
	}
	if how.DryRun {
		done.Outcome = MoveDone
		return
	}
	if rec, err = m.name(ctx, from, done.Key, rec); err != nil {
		fail(fmt.Errorf("the %s could not be written: %w", from.Name, err))
		return
	}
	copied := m.copyOver(ctx, from, to, rec, there, done)
	if done.Outcome == MoveFailed {
		return
	}
	m.moveAway(ctx, from, how, rec, done)
	if done.Outcome == MoveFailed && !taken {
		m.takeBack(ctx, from, to, rec.Revision, copied, done)
	}
}

// takeBack removes a copy whose original could not be removed: one sign-in is not
// left in two places, where a sign-out of one ends the other.
func (m *Manager) takeBack(ctx context.Context, from, to *Layer, original, copied Revision, done *Moved) {
	rec, found, err := from.Store.Load(ctx, done.Key)
	if err != nil || !found || rec.Revision != original {
		return // nobody knows whether it is still there
	}
	if _, _, err := to.Store.Delete(ctx, done.Key, &copied); err == nil {
		done.Err = fmt.Errorf("nothing was moved: %w", done.Err)
	}
}

// name gives a record that has no revision one of its own before it is copied, so
// that the copy and the original are known as one sign-in's.
func (m *Manager) name(ctx context.Context, l *Layer, key Key, rec Record) (Record, error) {
	if rec.ReadOnly || rec.Revision.SignIn != "" {
		return rec, nil
	}
	named := rec
	named.Revision = rec.Revision.next()
	if named.orphan() {
		named.Issuer = key.Origin
	}
	return named, l.Store.Swap(ctx, key, rec.Revision, named)
}

func sameToken(a, b Record) bool { return a.Token.Equal(b.Token) && a.Refresh.Equal(b.Refresh) }

// whose names a record's owner, for what was skipped.
func whose(rec Record, damaged error) string {
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

// copyOver stores rec in the destination. A renewed token that waits for rec's
// claim is what goes there; a claim of a process that is dead stays behind.
func (m *Manager) copyOver(ctx context.Context, from, to *Layer, rec, there Record, done *Moved) (copied Revision) {
	next := rec
	renewed, found, err := m.displaced(ctx, done.Key, from.Name, rec)
	if found {
		next = renewed
	}
	next.Revision, next.ReadOnly = rec.Revision.next(), false
	if next.Mark != nil && !next.rejected() {
		next.Mark = nil
	}
	if err == nil {
		if err = to.Store.Swap(ctx, done.Key, there.Revision, next); err != nil {
			err = fmt.Errorf("the %s did not take it: %w", to.Name, err)
		}
	}
	if err != nil {
		done.Outcome, done.Replaced, done.Err = MoveFailed, nil, err
	}
	return next.Revision
}

// moveAway removes the original, unless it is another program's.
func (m *Manager) moveAway(ctx context.Context, from *Layer, how Move, rec Record, done *Moved) {
	switch {
	case rec.ReadOnly:
		done.Outcome = MoveCopied
		return
	case how.DryRun:
		done.Outcome = MoveDone
		return
	}
	if _, _, err := from.Store.Delete(ctx, done.Key, &rec.Revision); err != nil {
		done.Outcome, done.Err = MoveFailed, fmt.Errorf("the original could not be removed: %w", err)
		return
	}
	done.Outcome = MoveDone
	m.dropDisplaced(ctx, done.Key, from.Name)
}
