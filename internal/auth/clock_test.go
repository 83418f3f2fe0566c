package auth

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// The service's clock is hours off, so that its tokens look expired or far too
// long. Each call asks the service at most once and uses the answer.
func TestAWrongServiceClockCausesOneRefreshPerCall(t *testing.T) {
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

// Our own clock jumps after a token was stored. A token saved in the future is
// renewed, once.
func TestAClockThatJumpsCausesOneRefresh(t *testing.T) {
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
		r.service.wantCalls(t, 3)
	}
}

// A token that can't be renewed and was saved in the future is checked with the
// service.
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

// The clock was ahead when the token was saved, so that it looks valid. If the service
// rejects its refresh token, Token does not return it.
func TestATokenSavedInTheFutureIsNotUsedAfterARejection(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, savedAt(account("a", 48*time.Hour), 47*time.Hour))
	r.service.fail = fmt.Errorf("refresh: %w", ErrRejected)
	for range 2 { // the second time the record is marked as rejected
		_, err := r.Token(t.Context(), Query{}, time.Minute)
		wantError(t, err, ErrRejected)
	}
	r.service.wantCalls(t, 1)
}

func TestTimesDoNotDecideWhichRecordIsActive(t *testing.T) {
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

// An entry without an issuer belongs to the default service. The issuer is stored
// before the token is sent.
func TestAMissingIssuerIsStoredBeforeTheTokenIsSent(t *testing.T) {
	noIssuer := account("a", time.Hour)
	noIssuer.Issuer = ""
	due := noIssuer
	due.ExpiresAt = noon.Add(-time.Second)
	future := savedAt(noIssuer, 5*time.Hour)
	future.Refresh = Secret{}
	for name, c := range map[string]Credential{"valid": noIssuer, "due": due, "to be checked": future} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.put(t, r.keychain, account("elsewhere", time.Hour))
			r.Origin = DefaultOrigin
			r.putRecord(t, r.file, Record{Credential: c})
			sent := func() {
				if rec, _ := r.record(r.file); rec.Issuer != DefaultOrigin || rec.Revision.SignIn == "" {
					t.Errorf("the token is sent while the file has %+v", rec)
				}
			}
			r.service.during = sent
			r.Check = func(context.Context, Credential) error { sent(); return nil }
			res, err := r.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
			if sent(); res.Credential.Issuer != DefaultOrigin {
				t.Errorf("the result's issuer is %q", res.Credential.Issuer)
			}
			// Another service does not see the record.
			r = newRig(t)
			r.file.write("mogplex", []byte(`{"type":"oauth","access_token":"a"}`))
			_, err = r.Token(t.Context(), Query{}, time.Minute)
			wantError(t, err, ErrNotSignedIn)
		})
	}
}

// A file that can't be written can still be used.
func TestAReadOnlyRecordWithoutAnIssuerIsUsed(t *testing.T) {
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
