package auth

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// The service's clock is hours away from ours: what it issues seems to have
// ended, or to live for ever. Each call asks at most once and gets what it got.
func TestAServiceWhoseClockIsWrongByHoursDoesNotLoop(t *testing.T) {
	for _, skew := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		r := newRig(t)
		r.put(t, r.keychain, account("a", -time.Second))
		r.service.now = func() time.Time { return noon.Add(skew) }
		for call := range int32(3) {
			res, err := r.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
			want := int32(1)
			if skew < 0 {
				want = call + 1
			}
			wantToken(t, res, fmt.Sprint("new", want))
			r.service.wantCalls(t, want)
		}
	}
}

// Our own clock jumps after a token was stored. One that says it was saved in the
// future is not believed: it is renewed, once.
func TestAClockThatJumpsDoesNotLoop(t *testing.T) {
	for _, jump := range []time.Duration{-30 * 24 * time.Hour, 30 * 24 * time.Hour} {
		r := newRig(t)
		r.put(t, r.keychain, account("a", -time.Second))
		_, err := r.Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		now := noon.Add(jump)
		r.Now = func() time.Time { return now }
		for range 3 {
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
		}
		r.service.wantCalls(t, 2)
		now = noon // and back
		for range 3 {
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
		}
		r.service.wantCalls(t, map[bool]int32{true: 3, false: 3}[jump < 0])
	}
}

// A token that can't be renewed and whose times can't be believed is checked.
func TestATokenSavedInTheFutureIsChecked(t *testing.T) {
	c := savedAt(account("a", 48*time.Hour), 5*time.Hour)
	c.Refresh = Secret{}
	for _, answer := range []error{nil, ErrExpired, errNetwork} {
		r := newRig(t)
		r.put(t, r.keychain, c)
		asked := 0
		r.Check = func(_ context.Context, got Credential) error {
			asked++
			if !got.Token.Equal(c.Token) {
				t.Errorf("checked %q", got.Token.Reveal())
			}
			return answer
		}
		res, err := r.Token(t.Context(), Query{}, time.Minute)
		wantToken(t, res, "a")
		if answer == ErrExpired {
			wantError(t, err, ErrExpired)
		} else {
			must(t, err)
		}
		if asked != 1 {
			t.Errorf("checked %d times", asked)
		}
	}
}

// A clock that was ahead says that a token lives still. If the service does not
// take its refresh token, it is not handed out.
func TestATokenSavedInTheFutureEndsWithItsRefreshToken(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, savedAt(account("a", 48*time.Hour), 47*time.Hour))
	r.service.fail = fmt.Errorf("refresh: %w", ErrRejected)
	for range 2 { // the second time it is known
		_, err := r.Token(t.Context(), Query{}, time.Minute)
		wantError(t, err, ErrRejected)
	}
	r.service.wantCalls(t, 1)
}

// Which of two records is active is no matter of their times.
func TestNoClockDecidesWhichRecordIsActive(t *testing.T) {
	for _, offset := range []time.Duration{-1000 * time.Hour, 1000 * time.Hour} {
		r := newRig(t)
		r.put(t, r.keychain, account("kc", 2000*time.Hour))
		r.put(t, r.file, savedAt(account("f", 2000*time.Hour), offset))
		res, err := r.Resolve(t.Context(), Query{})
		must(t, err)
		wantToken(t, res, "kc")
		r.Now = func() time.Time { return noon.Add(offset) }
		saved, err := r.SignIn(t.Context(), account("new", time.Hour))
		must(t, err)
		if got := fmt.Sprint(tokensOf(saved.Replaced)); got != "[kc f]" {
			t.Errorf("replaced %s", got)
		}
		r.wantTokens(t, "new", "")
	}
}

// An entry that names no issuer is of the default service. Its issuer is written
// before anything of it is sent.
func TestAnOrphanIsNamedBeforeItIsUsed(t *testing.T) {
	orphan := account("a", time.Hour)
	orphan.Issuer = ""
	due := orphan
	due.ExpiresAt = noon.Add(-time.Second)
	unsure := savedAt(orphan, 5*time.Hour)
	unsure.Refresh = Secret{}
	for name, c := range map[string]Credential{"living": orphan, "due": due, "to be checked": unsure} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.put(t, r.keychain, account("elsewhere", time.Hour))
			r.Origin = DefaultOrigin
			r.putRecord(t, r.file, Record{Credential: c})
			sent := func() {
				if rec, _ := r.record(r.file); rec.Issuer != DefaultOrigin || rec.Revision.SignIn == "" {
					t.Errorf("it is sent while the file has %+v", rec)
				}
			}
			r.service.during = sent
			r.Check = func(context.Context, Credential) error { sent(); return nil }
			res, err := r.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
			if sent(); res.Credential.Issuer != DefaultOrigin {
				t.Errorf("the result's issuer is %q", res.Credential.Issuer)
			}
			// For no other service is it there.
			r = newRig(t)
			r.file.write("mogplex", []byte(`{"type":"oauth","access_token":"a"}`))
			_, err = r.Token(t.Context(), Query{}, time.Minute)
			wantError(t, err, ErrNotSignedIn)
		})
	}
}

// A file that can't be written still serves.
func TestAnOrphanInAReadOnlyFileIsUsed(t *testing.T) {
	r := newRig(t)
	r.Origin = DefaultOrigin
	c := account("a", time.Hour)
	c.Issuer = ""
	r.putRecord(t, r.file, Record{Credential: c})
	r.file.fail(readOnly)
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "a")
}
