package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var toKeychain, toFile = Move{From: InFile, To: InKeychain}, Move{From: InKeychain, To: InFile}

// moveCase is a case of TestMove.
type moveCase struct {
	name     string
	from, to Record // the zero Record is none
	damaged  bool   // the destination has a damaged record
	force    bool
	outcome  MoveOutcome
	why      string
	left     [2]string // tokens afterwards, in the source and the destination
	replaced string
}

func moveCases() []moveCase {
	rec := func(token string, rev Revision) Record {
		return Record{Credential: account(token, time.Hour), Revision: rev}
	}
	first := firstRevision()
	second := first.next()
	named := func(token, email, name string) Record {
		c := account(token, time.Hour)
		c.Account = Account{Email: email, Name: name}
		return Record{Credential: c, Revision: firstRevision()}
	}
	rejectedRec := rec("a", first)
	rejectedRec.Mark = &Mark{State: rejected}
	return []moveCase{
		{name: "nothing", outcome: MoveSkipped, why: "no longer exists"},
		{name: "into an empty store", from: rec("a", first), outcome: MoveDone, left: [2]string{"", "a"}},
		{name: "over an older revision of the same sign-in", from: rec("a", second), to: rec("old", first), outcome: MoveDone, left: [2]string{"", "a"}},
		{name: "an older revision itself", from: rec("old", first), to: rec("a", second), outcome: MoveDone, left: [2]string{"", "a"}},
		{name: "over another sign-in", from: rec("a", first), to: rec("b", firstRevision()), outcome: MoveSkipped, why: "another sign-in; --force", left: [2]string{"a", "b"}},
		{name: "over another's by address", from: rec("a", first), to: named("b", "eve@example.test", "Eve"), outcome: MoveSkipped, why: "of eve@example.test", left: [2]string{"a", "b"}},
		{name: "over another's by name", from: rec("a", first), to: named("b", "", "Eve"), outcome: MoveSkipped, why: "of Eve", left: [2]string{"a", "b"}},
		{name: "over another sign-in by force", from: rec("a", first), to: rec("b", firstRevision()), force: true, outcome: MoveDone, left: [2]string{"", "a"}, replaced: "b"},
		{name: "over a damaged one", from: rec("a", first), damaged: true, outcome: MoveSkipped, why: "damaged", left: [2]string{"a", ""}},
		{name: "over a damaged one by force", from: rec("a", first), damaged: true, force: true, outcome: MoveDone, left: [2]string{"", "a"}},
		{name: "the same token, from before revisions", from: rec("a", Revision{}), to: rec("a", Revision{}), outcome: MoveDone, left: [2]string{"", "a"}},
		{name: "from before revisions", from: rec("a", Revision{}), outcome: MoveDone, left: [2]string{"", "a"}},
		{name: "another, both from before revisions", from: rec("a", Revision{}), to: rec("b", Revision{}), outcome: MoveSkipped, why: "another sign-in", left: [2]string{"a", "b"}},
		{name: "a rejected one", from: rejectedRec, outcome: MoveDone, left: [2]string{"", "a"}},
	}
}

func TestMove(t *testing.T) {
	for _, test := range moveCases() {
		for _, how := range []Move{toKeychain, toFile} {
			for _, dry := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s to %s dry=%v", test.name, how.To, dry), func(t *testing.T) {
					r := newRig(t)
					from, to := r.ends(how)
					if test.from.Type != "" {
						r.putRecord(t, from, test.from)
					}
					if test.to.Type != "" {
						r.putRecord(t, to, test.to)
					}
					if test.damaged {
						to.write(r.name(to, Mogplex), []byte(`{"type":"oauth"}`))
					}
					how := how
					how.Force, how.DryRun = test.force, dry
					moved := r.Move(t.Context(), r.Key(Mogplex), how)
					if moved.Outcome != test.outcome || !strings.Contains(moved.Why, test.why) || moved.Err != nil {
						t.Errorf("moved %+v", moved)
					}
					if dry {
						_, f := from.counts()
						if _, k := to.counts(); f+k > 0 {
							t.Error("a dry run wrote")
						}
						return
					}
					if got := strings.Join(tokensOf(moved.Replaced), ","); got != test.replaced {
						t.Errorf("replaced %q; want %q", got, test.replaced)
					}
					if got := [2]string{r.token(from), r.token(to)}; got != test.left {
						t.Errorf("left are %q; want %q", got, test.left)
					}
					if rec, found := r.record(to); found && test.from.Rejected() != rec.Rejected() {
						t.Errorf("the mark became %+v", rec.Mark)
					}
				})
			}
		}
	}
}

// ends are the source and the destination of a move.
func (r *rig) ends(how Move) (from, to *memory) {
	if how.To == InKeychain {
		return r.file, r.keychain
	}
	return r.keychain, r.file
}

func TestMovingAnotherProgramsKeyCopiesIt(t *testing.T) {
	r := newRig(t)
	r.putRecord(t, r.file, Record{Credential: apiKey("openai", "theirs")})
	r.file.foreign["openai"] = true
	key := r.Key("openai")
	if moved := r.Move(t.Context(), key, toKeychain); moved.Outcome != MoveCopied || moved.Err != nil {
		t.Errorf("moved %+v", moved)
	}
	if moved := r.Move(t.Context(), key, toKeychain); moved.Outcome != MoveSkipped || !strings.Contains(moved.Why, "another program's") {
		t.Errorf("moved again: %+v", moved)
	}
	if r.file.read("openai") == nil || r.keychain.read(key.Account()) == nil {
		t.Error("it is not in both")
	}
	// The other way ours goes beside it.
	r = newRig(t)
	r.putRecord(t, r.file, Record{Credential: apiKey("openai", "theirs")})
	r.file.foreign["openai"] = true
	r.put(t, r.keychain, apiKey("openai", "ours"))
	if moved := r.Move(t.Context(), key, toFile); moved.Outcome != MoveDone || len(moved.Replaced) > 0 {
		t.Errorf("moved %+v", moved)
	}
}

func TestMoveSkipsARecordOfALaterVersion(t *testing.T) {
	for _, force := range []bool{false, true} {
		r := newRig(t)
		r.file.write(r.name(r.file, Mogplex), []byte(laterEntry))
		how := toKeychain
		how.Force = force
		if moved := r.Move(t.Context(), r.Key(Mogplex), how); moved.Outcome != MoveSkipped || !strings.Contains(moved.Why, "later version") {
			t.Errorf("moved %+v", moved)
		}
		r.wantTokens(t, "", "later")
		r.put(t, r.keychain, account("a", time.Hour))
		how = toFile
		how.Force = force
		moved := r.Move(t.Context(), r.Key(Mogplex), how)
		if force != errors.Is(moved.Err, ErrLater) || moved.Outcome == MoveDone || len(moved.Replaced) > 0 {
			t.Errorf("moved %+v", moved)
		}
		r.wantTokens(t, "a", "later")
	}
}

func TestAFailedMoveLeavesTheRecord(t *testing.T) {
	for _, f := range []fault{locked, readOnly, forgets, unavailable} {
		for _, how := range []Move{toKeychain, toFile} {
			r := newRig(t)
			from, to := r.ends(how)
			r.put(t, from, account("a", time.Hour))
			to.fail(f)
			if moved := r.Move(t.Context(), r.Key(Mogplex), how); moved.Outcome != MoveFailed || moved.Err == nil {
				t.Errorf("moved %+v", moved)
			}
			if r.token(from) != "a" || r.token(to) != "" {
				t.Errorf("left are %q, %q", r.token(from), r.token(to))
			}
		}
	}
}

func TestAMoveWaitsForARenewal(t *testing.T) {
	for _, how := range []Move{toKeychain, toFile} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			from, to := r.ends(how)
			r.putRecord(t, from, Record{Credential: account("a", -time.Second), Revision: firstRevision()})
			time.AfterFunc(0, func() {
				r.service.during = func() { time.Sleep(10 * time.Second) }
				if _, err := r.Token(t.Context(), Query{}, time.Minute); err != nil {
					t.Error(err)
				}
			})
			time.Sleep(time.Second)
			if moved := r.Move(t.Context(), r.Key(Mogplex), how); moved.Outcome != MoveDone {
				t.Errorf("moved %+v", moved)
			}
			if r.token(from) != "" || r.token(to) != "new1" {
				t.Errorf("left are %q, %q", r.token(from), r.token(to))
			}
		})
	}
}

func TestAMoveWaitsForTheRenewalOfAnotherMachine(t *testing.T) {
	for name, test := range map[string]struct {
		answer   time.Duration // 0: never
		until    time.Duration
		token    string
		min, max time.Duration
	}{
		"it answers":                         {5 * time.Second, heldLimit, "theirs", 5 * time.Second, 7 * time.Second},
		"it crashed":                         {0, heldLimit, "a", claimPatience, claimPatience + 3*time.Second},
		"it crashed and its clock was wrong": {0, 1000 * time.Hour, "a", claimPatience, claimPatience + 3*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.runClock()
				rec := r.claimedRecord(t, time.Hour, "another-machine", test.until)
				if test.answer > 0 {
					time.AfterFunc(test.answer, func() {
						r.putRecord(t, r.keychain, Record{Credential: account("theirs", time.Hour), Revision: rec.Revision.next()})
					})
				}
				start := time.Now()
				moved := r.Move(t.Context(), r.Key(Mogplex), toFile)
				if took := time.Since(start); moved.Outcome != MoveDone || took < test.min || took > test.max {
					t.Errorf("after %s: %+v", took, moved)
				}
				r.wantTokens(t, "", test.token)
				if moved, _ := r.record(r.file); moved.Mark != nil {
					t.Error("the claim was moved, too")
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.claimedRecord(t, time.Hour, "another-machine", heldLimit)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		moved := r.Move(ctx, r.Key(Mogplex), toFile)
		if wantError(t, moved.Err, context.DeadlineExceeded); moved.Outcome != MoveFailed {
			t.Errorf("moved %+v", moved)
		}
	})
}

// A keychain may prompt before the lock is taken, but not while it is held.
func TestMovePromptsOnlyOutsideTheLock(t *testing.T) {
	for _, how := range []Move{toKeychain, toFile} {
		r := newRig(t)
		from, _ := r.ends(how)
		r.put(t, from, account("a", time.Hour))
		must(t, r.Move(t.Context(), r.Key(Mogplex), how).Err)
		for i, call := range r.keychain.calls {
			if r.keychain.unattended[i] != (i > 0) {
				t.Errorf("to %s: %s: unattended %v", how.To, call, r.keychain.unattended[i])
			}
		}
	}
}

// The claim of a crashed process on this machine does not delay a move.
func TestAMoveIgnoresTheClaimOfADeadProcess(t *testing.T) {
	r := newRig(t)
	r.claimedRecord(t, time.Hour, r.lockID(t), heldLimit)
	if moved := r.Move(t.Context(), r.Key(Mogplex), toFile); moved.Outcome != MoveDone {
		t.Errorf("moved %+v", moved)
	}
	if rec, _ := r.record(r.file); rec.Mark != nil {
		t.Errorf("the file has %+v", rec)
	}
}

// A record without an issuer gets one before it is moved.
func TestMoveStoresAMissingIssuer(t *testing.T) {
	r := newRig(t)
	r.Origin = DefaultOrigin
	c := account("a", time.Hour)
	c.Issuer = ""
	r.putRecord(t, r.file, Record{Credential: c})
	list, err := r.Movable(t.Context(), toKeychain)
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("movable are %+v", list)
	}
	if moved := r.Move(t.Context(), list[0].Key, toKeychain); moved.Outcome != MoveDone {
		t.Errorf("moved %+v", moved)
	}
	if rec, _ := r.record(r.keychain); rec.Issuer != DefaultOrigin {
		t.Errorf("the keychain has %+v", rec)
	}
}

// Movable lists the records of this directory and profile, of every service and
// provider, and no entries of other programs.
func TestMovable(t *testing.T) {
	for _, own := range []bool{true, false} { // the directory is the user's own
		r := newRig(t)
		if !own {
			r.Dir.UserHome = t.TempDir
		}
		r.MakeID(t.Context())
		if (r.Dir.ID() == "") != own {
			t.Fatalf("the id is %q", r.Dir.ID())
		}
		r.Profile = "" // the file's
		for _, m := range []*memory{r.keychain, r.file} {
			r.put(t, m, account("a", time.Hour))
			r.put(t, m, apiKey("openai", "o"))
			m.write("nobody", []byte(`{"type":"api_key","key":"k"}`))
			m.write("mogplex@foo", []byte(`{"type":"pat","token":"t"}`))
		}
		r.keychain.write("openai.p_work", r.keychain.read(r.Key("openai").Account()))
		r.keychain.write("openai.d_"+strings.Repeat("e", 32), r.keychain.read(r.Key("openai").Account()))
		for _, how := range []Move{toKeychain, toFile} {
			list, err := r.Movable(t.Context(), how)
			must(t, err)
			names := map[string]bool{}
			for _, l := range list {
				names[l.Key.Name()] = true
				key := l.Key
				key.account = ""
				if l.Err != nil || key != r.Key(l.Key.Provider) {
					t.Errorf("%s: movable is %+v; want the key %+v", how.From, l, r.Key(l.Key.Provider))
				}
			}
			if len(list) != 2 || !names["openai"] || !names[r.Key(Mogplex).Name()] {
				t.Errorf("%s: movable are %+v", how.From, list)
			}
		}
	}
}

// A copy whose original can't be removed would leave one sign-in in two places, and a
// sign-out of one would end the other.
func TestMoveRemovesTheCopyIfTheOriginalStays(t *testing.T) {
	r := newRig(t)
	r.put(t, r.file, account("a", time.Hour))
	r.file.fail(readOnly)
	done := r.Move(t.Context(), r.Key(Mogplex), Move{From: InFile, To: InKeychain})
	if done.Outcome != MoveFailed || done.Err == nil || !strings.Contains(done.Err.Error(), "nothing was moved") {
		t.Errorf("%+v", done)
	}
	r.wantTokens(t, "", "a")
}
