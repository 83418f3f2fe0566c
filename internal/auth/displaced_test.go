package auth

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// displaceIt has the keychain fail after the refresh token is spent, and returns
// the command's result.
func (r *rig) displaceIt(t *testing.T) Result {
	t.Helper()
	r.put(t, r.keychain, account("a", -time.Second))
	r.service.during = func() { r.keychain.fail(readOnly) }
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	r.service.during = nil
	wantToken(t, res, "new1")
	r.wantTokens(t, "a", "")
	if len(r.displaced.names()) != 1 {
		t.Fatalf("displaced.json holds %q", r.displaced.names())
	}
	return res
}

func TestATokenTheKeychainRefusedIsUsedAndStoredLater(t *testing.T) {
	r := newRig(t)
	res := r.displaceIt(t)
	wantWarning(t, res.Warnings, "keychain", "could not be stored", errRefused.Error())
	wantWarning(t, res.Warnings, "displaced.json", "encrypted")
	for _, name := range r.displaced.names() {
		if text := string(r.displaced.read(name)); strings.Contains(text, "new1") || !strings.Contains(text, `"sealed"`) {
			t.Errorf("displaced.json holds %s", text)
		}
	}
	// The keychain still fails: the token is used from where it is, and shown there.
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	wantWarning(t, res.Warnings, "still in", "displaced.json")
	res, err = r.Resolve(t.Context(), Query{All: true})
	must(t, err)
	wantToken(t, res, "new1")
	if got, want := describe(res.Findings), "env:mogplex=absent keychain:mogplex=present! displaced:mogplex=present! file:mogplex=absent"; got != want {
		t.Errorf("findings\n%s; want\n%s", got, want)
	}
	// It works again: the next command brings it home.
	r.keychain.fail(works)
	res, err = r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	wantWarning(t, res.Warnings)
	r.wantTokens(t, "new1", "")
	if rec, _ := r.record(r.keychain); rec.Mark != nil || len(r.displaced.names()) > 0 {
		t.Errorf("the keychain has %+v; displaced.json holds %q", rec, r.displaced.names())
	}
	r.service.wantCalls(t, 1)
}

// A displaced token that is due itself is stored and renewed.
func TestAnExpiredDisplacedTokenIsStoredAndRenewed(t *testing.T) {
	r := newRig(t)
	r.displaceIt(t)
	later := noon.Add(2 * time.Hour)
	r.Now = func() time.Time { return later }
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	wantError(t, err, errRefused)
	r.service.wantCalls(t, 1)
	r.keychain.fail(works)
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new2")
	r.wantTokens(t, "new2", "")
	if len(r.displaced.names()) > 0 {
		t.Errorf("displaced.json holds %q", r.displaced.names())
	}
}

// A process waits for the lock while the one before it displaces its answer: the
// record is unchanged, and its refresh token is spent.
func TestAWaitingProcessFindsTheDisplacedAnswer(t *testing.T) {
	r := newRig(t)
	r.displaceIt(t)
	kept := r.displaced.names()[0]
	entry := r.displaced.read(kept)
	r.displaced.write(kept, nil)
	r.keychain.fail(works)
	res, err := r.Resolve(t.Context(), Query{})
	must(t, err)
	wantToken(t, res, "a")
	r.displaced.write(kept, entry)
	res, err = r.renew(t.Context(), res, func(c Credential) bool { return c.Token.Reveal() == "a" }, false)
	must(t, err)
	wantToken(t, res, "new1")
	r.service.wantCalls(t, 1)
	r.wantTokens(t, "new1", "")
}

// Another process stored the token meanwhile.
func TestADisplacedTokenThatAnotherProcessStoredIsUsed(t *testing.T) {
	r := newRig(t)
	rec := r.claimedRecord(t, -time.Second, "another-machine", heldLimit)
	home := Record{Credential: account("b", time.Hour), Revision: rec.Revision.next()}
	must(t, r.displace(t.Context(), r.Key(Mogplex), InKeychain, rec.Mark, home))
	res, err := r.Resolve(t.Context(), Query{})
	must(t, err)
	wantToken(t, res, "b")
	r.putRecord(t, r.keychain, home)
	r.displaced.write(r.displaced.names()[0], nil)
	r.keychain.counts()
	res, err = r.renew(t.Context(), res, func(c Credential) bool { return c.Expired(noon) }, false)
	must(t, err)
	wantToken(t, res, "b")
	if _, writes := r.keychain.counts(); writes > 0 || res.NotRenewed != nil {
		t.Errorf("%d writes; not renewed: %v", writes, res.NotRenewed)
	}
}

// The claim fails because of another process, whose answer is displaced as well.
func TestAConflictFindsTheDisplacedTokenOfAnotherProcess(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	var once sync.Once
	r.keychain.interfere = func() {
		once.Do(func() {
			rec := r.claimedRecord(t, time.Hour, "another-machine", heldLimit)
			must(t, r.displace(t.Context(), r.Key(Mogplex), InKeychain, rec.Mark, Record{Credential: account("b", time.Hour), Revision: rec.Revision.next()}))
		})
	}
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "b")
	r.wantTokens(t, "b", "")
	r.service.wantCalls(t, 0)
}

// A displaced.json that can't be read may hold a renewed token.
func TestNothingIsRenewedIfDisplacedCantBeRead(t *testing.T) {
	r := newRig(t)
	r.displaceIt(t)
	r.keychain.fail(works)
	r.displaced.fail(locked)
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	wantError(t, err, errLocked)
	moved := r.Move(t.Context(), r.Key(Mogplex), Move{From: InKeychain, To: InFile})
	if moved.Outcome != MoveFailed || !errors.Is(moved.Err, errLocked) {
		t.Errorf("moved %+v", moved)
	}
	r.service.wantCalls(t, 1)
	r.wantTokens(t, "a", "")
	r.displaced.fail(works)
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
}

// A displaced token is ignored once its claim is gone.
func TestADisplacedTokenIsUnusedWithoutItsClaim(t *testing.T) {
	r := newRig(t)
	r.displaceIt(t)
	r.keychain.fail(works)
	r.put(t, r.keychain, account("b", time.Hour))
	res, err := r.Resolve(t.Context(), Query{All: true})
	must(t, err)
	wantToken(t, res, "b")
	if strings.Contains(describe(res.Findings), InDisplaced) {
		t.Errorf("findings %s", describe(res.Findings))
	}
	r.service.valid = "refresh-b"
	_, err = r.Renew(t.Context())
	must(t, err)
	if len(r.displaced.names()) > 0 {
		t.Errorf("displaced.json holds %q", r.displaced.names())
	}
}

// In a read-only state directory the token is lost with the command, and the
// command warns.
func TestATokenThatNoStoreTakesIsUsedWithAWarning(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	r.displaced.fail(readOnly)
	r.service.during = func() { r.keychain.fail(readOnly) }
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	wantWarning(t, res.Warnings, "displaced.json", "lost when this command ends", "sign in again")
}

// The keychain hangs while it stores the answer: the command still returns the
// token.
func TestTokenReturnsTheAnswerIfTheKeychainHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, r.keychain, account("a", -time.Second))
		r.service.during = func() { r.keychain.fail(hangs) }
		start := time.Now()
		res, err := r.Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "new1")
		if took := time.Since(start); took != heldLimit || len(r.displaced.names()) != 1 {
			t.Errorf("after %s displaced.json holds %q", took, r.displaced.names())
		}
	})
}

// A sign-out and a sign-in also end the session of a displaced token.
func TestADisplacedTokenIsRevokedWithItsRecord(t *testing.T) {
	r := newRig(t)
	r.displaceIt(t)
	r.keychain.fail(works)
	removals, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	if got := tokensOf(removals[0].Held); len(got) != 2 || got[0] != "a" || got[1] != "new1" || len(r.displaced.names()) > 0 {
		t.Errorf("held %q; displaced.json holds %q", got, r.displaced.names())
	}
	r = newRig(t)
	r.displaceIt(t)
	r.keychain.fail(works)
	saved, err := r.SignIn(t.Context(), account("b", time.Hour))
	must(t, err)
	if got := tokensOf(saved.Replaced); len(got) != 1 || got[0] != "new1" || len(r.displaced.names()) > 0 {
		t.Errorf("replaced %q; displaced.json holds %q", got, r.displaced.names())
	}
}

// The token waits for its unreachable keychain, whatever happens to the file.
func TestADisplacedTokenWaitsForItsOwnKeychain(t *testing.T) {
	for name, do := range map[string]func(*rig) error{
		"sign-out": func(r *rig) error { _, err := r.Remove(t.Context(), r.Key(Mogplex)); return err },
		"sign-in":  func(r *rig) error { _, err := r.SignIn(t.Context(), account("b", time.Hour)); return err },
		"renewal": func(r *rig) error {
			r.put(t, r.file, account("b", -time.Second))
			r.service.valid = "refresh-b"
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			return err
		},
		"a renewal that the file does not take": func(r *rig) error {
			r.put(t, r.file, account("b", -time.Second))
			r.service.valid = "refresh-b"
			r.service.during = func() { r.file.fail(readOnly) }
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.displaceIt(t)
			r.keychain.fail(unavailable)
			must(t, do(r))
			r.keychain.fail(works)
			res, err := r.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
			wantToken(t, res, "new1")
			if r.token(r.keychain) != "new1" {
				t.Errorf("the keychain has %q", r.token(r.keychain))
			}
		})
	}
}

func TestADisplacedTokenIsMovedWithItsRecord(t *testing.T) {
	r := newRig(t)
	r.displaceIt(t)
	r.keychain.fail(works)
	moved := r.Move(t.Context(), r.Key(Mogplex), Move{From: InKeychain, To: InFile})
	if moved.Outcome != MoveDone || len(r.displaced.names()) > 0 {
		t.Errorf("moved %+v; displaced.json holds %q", moved, r.displaced.names())
	}
	r.wantTokens(t, "", "new1")
	if rec, _ := r.record(r.file); rec.Mark != nil {
		t.Errorf("the file has %+v", rec)
	}
}
