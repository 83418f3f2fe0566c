package auth

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// meanwhile is a change by another process, and its expected result.
type meanwhile struct {
	name    string
	do      func(t *testing.T, r *rig, before Record)
	token   string // "" if the command fails
	err     error
	revoked []string // if it happened while the answer was awaited
	calls   int32    // if it happened before the claim
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

func meanwhiles() []meanwhile {
	noRefresh := account("ended", -time.Second)
	noRefresh.Refresh = Secret{}
	return []meanwhile{
		{"another machine renewed it", theirs(account("b", time.Hour), true), "b", nil, nil, 0},
		{"somebody signed in anew", theirs(account("b", time.Hour), false), "b", nil, []string{"new1"}, 0},
		{"somebody signed in with a personal token",
			theirs(Credential{Provider: Mogplex, Type: PAT, Token: NewSecret("mog_p"), Issuer: testOrigin}, false), "mog_p", nil, []string{"new1"}, 0},
		{"somebody signed out", func(_ *testing.T, r *rig, _ Record) { r.keychain.write(r.name(r.keychain, Mogplex), nil) },
			"", ErrNotSignedIn, []string{"new1"}, 0},
	}
}

// Somebody without our lock changes the record during the request. The renewal
// writes nothing, and revokes a grant that no store holds.
func TestARecordStoredDuringTheRequestWins(t *testing.T) {
	for _, test := range meanwhiles() {
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
	for _, test := range meanwhiles() {
		for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
			t.Run(test.name, func(t *testing.T) {
				r := newRig(t)
				before := r.put(t, r.keychain, account("a", ttl))
				var once sync.Once
				r.keychain.behind = func() { once.Do(func() { test.do(t, r, before) }) }
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
		r.keychain.behind = func() { once.Do(func() { r.put(t, r.keychain, test.stored) }) }
		res, err := r.Token(t.Context(), Query{}, time.Minute)
		wantError(t, err, test.err)
		wantToken(t, res, test.token)
		r.service.wantCalls(t, test.calls)
	}
}

// A record that changes at each load does not block a command for ever.
func TestARecordThatKeepsChangingEndsTheRenewal(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	r.keychain.behind = func() { r.put(t, r.keychain, account("a", -time.Second)) }
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	wantError(t, err, ErrConflict)
	r.service.wantCalls(t, 0)
}

// A record that was migrated during the wait for its lock is not a sign-out.
func TestARecordThatMovedMeanwhileIsFoundWhereItIs(t *testing.T) {
	for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
		r := newRig(t)
		before := r.put(t, r.file, account("a", ttl))
		var once sync.Once
		r.file.behind = func() {
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
	lock, err := r.lock(t.Context(), r.Key(Mogplex), time.Second, r.all(), nil)
	must(t, err)
	defer lock.Unlock()
	id := lock.id(&r.Layers[0])
	if id == "" {
		t.Skip("this system has no name for a lock")
	}
	return id
}

func TestTheClaimOfADeadProcessBlocksNobody(t *testing.T) {
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

func TestALivingTokenIsUsedWhileAnotherMachineRenewsIt(t *testing.T) {
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
	// Its time is over, by more than clocks are apart.
	r.claimedRecord(t, 30*time.Second, "another-machine", -clockSlack)
	res, err = r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
}

// moving gives the rig a clock that moves.
func (r *rig) moving() {
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
		{"it is dead", heldLimit, 0, "new1", claimPatience, claimPatience + 2*time.Second},
		{"it is dead and its clock was wrong", 1000 * time.Hour, 0, "new1", claimPatience, claimPatience + 2*time.Second},
		{"its time is over", 5*time.Second - clockSlack, 0, "new1", 5 * time.Second, 7 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.moving()
				rec := r.claimedRecord(t, -time.Second, "another-machine", test.until)
				if test.answer > 0 {
					time.AfterFunc(test.answer, func() {
						// The lock is free meanwhile.
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

// A claim that another machine made just now is respected, however long this
// process waited before.
func TestTheClaimOfALivingMachineIsNeverOverwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.moving()
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
