package auth

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// concurrentChange is a change of the record by another process, and its expected result.
type concurrentChange struct {
	name    string
	do      func(t *testing.T, r *rig, before Record)
	token   string // "" if the command fails
	err     error
	revoked []string // if the change comes during the request
}

func theirs(c Credential, sameSignIn bool) func(*testing.T, *rig, Record) {
	return func(t *testing.T, r *rig, before Record) {
		rec := Record{Credential: c, Revision: firstRevision()}
		if sameSignIn {
			rec.Revision = before.Revision.next()
		}
		r.putRecord(t, r.keychain, rec)
	}
}

func concurrentChanges() []concurrentChange {
	return []concurrentChange{
		{"another machine renewed it", theirs(account("b", time.Hour), true), "b", nil, nil},
		{"somebody signed in again", theirs(account("b", time.Hour), false), "b", nil, []string{"new1"}},
		{"somebody signed in with a personal token",
			theirs(Credential{Provider: Mogplex, Type: PAT, Token: NewSecret("mog_p"), Issuer: testOrigin}, false), "mog_p", nil, []string{"new1"}},
		{"somebody signed out", func(_ *testing.T, r *rig, _ Record) { r.keychain.write(r.name(r.keychain, Mogplex), nil) },
			"", ErrNotSignedIn, []string{"new1"}},
	}
}

// Another writer, without our lock, changes the record during the request. The
// renewal writes nothing, and revokes its grant if no store has it.
func TestARecordStoredDuringTheRequestWins(t *testing.T) {
	for _, test := range concurrentChanges() {
		for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
			t.Run(test.name, func(t *testing.T) {
				r := newRig(t)
				r.put(t, r.keychain, account("a", ttl))
				var after []byte
				r.service.during = func() {
					rec, _ := r.record(r.keychain)
					test.do(t, r, rec)
					after = r.keychain.read(r.name(r.keychain, Mogplex))
				}
				res, err := r.Token(t.Context(), Query{}, time.Minute)
				wantError(t, err, test.err)
				wantToken(t, res, test.token)
				r.revoked.want(t, test.revoked...)
				if !sameEntry(r.keychain, r.name(r.keychain, Mogplex), after) || len(r.displaced.names()) > 0 || res.Found != (test.err == nil) {
					t.Errorf("the loser wrote: %s; found %v", r.keychain.read(r.name(r.keychain, Mogplex)), res.Found)
				}
			})
		}
	}
}

// The same before the claim: the refresh token is not spent.
func TestARecordStoredBeforeTheClaimWins(t *testing.T) {
	for _, test := range concurrentChanges() {
		for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
			t.Run(test.name, func(t *testing.T) {
				r := newRig(t)
				before := r.put(t, r.keychain, account("a", ttl))
				var once sync.Once
				r.keychain.interfere = func() { once.Do(func() { test.do(t, r, before) }) }
				res, err := r.Token(t.Context(), Query{}, time.Minute)
				wantError(t, err, test.err)
				wantToken(t, res, test.token)
				r.service.wantCalls(t, 0)
				r.revoked.want(t)
			})
		}
	}
}

// The newer record may be due itself, or expired and not renewable.
func TestANewerRecordIsRenewedIfItIsDue(t *testing.T) {
	ended := account("ended", -time.Second)
	ended.Refresh = Secret{}
	for _, test := range []struct {
		stored Credential
		token  string
		err    error
		calls  int32
	}{{account("b", -time.Second), "new1", nil, 1}, {ended, "ended", ErrNotRefreshable, 0}} {
		r := newRig(t)
		r.put(t, r.keychain, account("a", -time.Second))
		r.service.valid = "refresh-b"
		var once sync.Once
		r.keychain.interfere = func() { once.Do(func() { r.put(t, r.keychain, test.stored) }) }
		res, err := r.Token(t.Context(), Query{}, time.Minute)
		wantError(t, err, test.err)
		wantToken(t, res, test.token)
		r.service.wantCalls(t, test.calls)
	}
}

// A renewal gives up if the record changes at each attempt.
func TestARecordThatKeepsChangingEndsTheRenewal(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	r.keychain.interfere = func() { r.put(t, r.keychain, account("a", -time.Second)) }
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	wantError(t, err, ErrConflict)
	r.service.wantCalls(t, 0)
}

// A record that was migrated before the claim is renewed in its new store.
func TestARecordThatWasMovedIsRenewedInItsNewStore(t *testing.T) {
	for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
		r := newRig(t)
		before := r.put(t, r.file, account("a", ttl))
		var once sync.Once
		r.file.interfere = func() {
			once.Do(func() {
				r.putRecord(t, r.keychain, before)
				r.file.write(r.name(r.file, Mogplex), nil)
			})
		}
		res, err := r.Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "new1")
		r.wantTokens(t, "new1", "")
		if res.Source != InKeychain {
			t.Errorf("source %s", res.Source)
		}
	}
}

// claimedRecord stores an account with a claim on it.
func (r *rig) claimedRecord(t *testing.T, ttl time.Duration, lock string, until time.Duration) Record {
	return r.putRecord(t, r.keychain, Record{
		Credential: account("a", ttl), Revision: firstRevision().next(), Mark: newClaim(lock, r.Now().Add(until)),
	})
}

// lockID is the id of the key's lock.
func (r *rig) lockID(t *testing.T) string {
	lock := r.mustLock(t)
	defer lock.Unlock()
	id := lock.id(&r.Layers[0])
	if id == "" {
		t.Skip("this system has no lock IDs")
	}
	return id
}

func TestTheClaimOfACrashedProcessBlocksNobody(t *testing.T) {
	for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
		r := newRig(t)
		r.claimedRecord(t, ttl, r.lockID(t), 100*time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		res, err := r.Token(ctx, Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "new1")
		r.wantTokens(t, "new1", "")
	}
}

func TestAValidTokenIsUsedWhileAnotherMachineRenewsIt(t *testing.T) {
	r := newRig(t)
	rec := r.claimedRecord(t, 30*time.Second, "another-machine", heldLimit)
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantError(t, res.NotRenewed, ErrClaimed)
	wantToken(t, res, "a")
	r.service.wantCalls(t, 0)
	if now, _ := r.record(r.keychain); now.Revision != rec.Revision {
		t.Error("the claim of another was overwritten")
	}
	// The claim has expired, even if the clocks differ by clockSlack.
	r.claimedRecord(t, 30*time.Second, "another-machine", -clockSlack)
	res, err = r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
}

// runClock replaces the rig's fixed clock by one that runs.
func (r *rig) runClock() {
	began := time.Now()
	r.Now = func() time.Time { return noon.Add(time.Since(began)) }
}

func TestAnExpiredTokenWaitsForAnotherMachinesRenewal(t *testing.T) {
	for _, test := range []struct {
		name     string
		until    time.Duration // of the claim
		answer   time.Duration // after which the other machine stores it; 0: never
		token    string
		min, max time.Duration
	}{
		{"it answers", heldLimit, 5 * time.Second, "theirs", 5 * time.Second, 7 * time.Second},
		{"it crashed", heldLimit, 0, "new1", claimPatience, claimPatience + 2*time.Second},
		{"it crashed and its clock was wrong", 1000 * time.Hour, 0, "new1", claimPatience, claimPatience + 2*time.Second},
		{"its claim has expired", 5*time.Second - clockSlack, 0, "new1", 5 * time.Second, 7 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.runClock()
				rec := r.claimedRecord(t, -time.Second, "another-machine", test.until)
				if test.answer > 0 {
					time.AfterFunc(test.answer, func() {
						// The waiting command does not hold the lock.
						lock, err := r.lock(t.Context(), r.Key(Mogplex), time.Second, r.all(), nil)
						if err != nil {
							t.Error(err)
							return
						}
						defer lock.Unlock()
						r.putRecord(t, r.keychain, Record{Credential: account("theirs", time.Hour), Revision: rec.Revision.next()})
					})
				}
				start := time.Now()
				res, err := r.Token(t.Context(), Query{}, time.Minute)
				must(t, err)
				wantToken(t, res, test.token)
				if took := time.Since(start); took < test.min || took > test.max {
					t.Errorf("it took %s; want %s to %s", took, test.min, test.max)
				}
			})
		})
	}
}

// A new claim of another machine is respected, however long this process waited for
// an earlier one.
func TestANewClaimOfAnotherMachineIsNeverOverwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.runClock()
		r.claimedRecord(t, -time.Second, "one-machine", heldLimit)
		time.AfterFunc(20*time.Second, func() { r.claimedRecord(t, -time.Second, "another-machine", heldLimit) })
		start := time.Now()
		_, err := r.Token(t.Context(), Query{}, time.Minute)
		wantError(t, err, ErrClaimed)
		r.service.wantCalls(t, 0)
		if took := time.Since(start); took > claimPatience+2*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestAWaitForAnotherMachineEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.claimedRecord(t, -time.Second, "another-machine", heldLimit)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := r.Token(ctx, Query{}, time.Minute)
		wantError(t, err, context.DeadlineExceeded)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// A machine without a common lock signs in during the request and stores its record
// in the other store. The renewal uses that record instead of reporting a sign-out.
func TestASignInDuringTheRequestIsUsed(t *testing.T) {
	r := newRig(t)
	r.put(t, r.file, account("a", -time.Second))
	r.service.during = func() {
		r.put(t, r.keychain, account("b", time.Hour))
		r.file.write(r.name(r.file, Mogplex), nil)
	}
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "b")
	r.revoked.want(t, "new1")
}

// A migration to the file was interrupted, and then a renewal in the keychain left
// a displaced answer. Moving back keeps that answer, not the file's copy.
func TestAMoveOverARecordWhoseAnswerWaitsKeepsTheAnswer(t *testing.T) {
	r := newRig(t)
	before := r.put(t, r.keychain, account("a", -time.Second))
	left := before
	left.Revision = before.Revision.next()
	r.putRecord(t, r.file, left)
	r.service.during = func() { r.keychain.fail(readOnly) }
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	r.keychain.fail(works)
	if done := r.Move(t.Context(), r.Key(Mogplex), Move{From: InFile, To: InKeychain}); done.Outcome != MoveDone {
		t.Errorf("%+v", done)
	}
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	r.wantTokens(t, "new1", "")
	r.service.wantCalls(t, 1)
}
