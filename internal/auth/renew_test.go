package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestTokenRenewsOnlyDueTokens(t *testing.T) {
	other := account("a", -time.Hour)
	other.Provider = "anthropic"
	noRefresh := account("a", -time.Hour)
	noRefresh.Refresh = Secret{}
	soon := account("a", 30*time.Second)
	soon.Refresh = Secret{}
	refreshAlone := account("a", time.Hour)
	refreshAlone.Token = Secret{}
	for _, test := range []struct {
		name  string
		in    Credential
		calls int32
		token string
		err   error
	}{
		{"lives long enough", account("a", 61*time.Second), 0, "a", nil},
		{"ends sooner", account("a", 60*time.Second), 1, "new1", nil},
		{"has ended", account("a", -time.Hour), 1, "new1", nil},
		{"has ended, saved in the future", savedAt(account("a", -time.Minute), 5*time.Hour), 1, "new1", nil},
		{"lives long enough, saved in the future", savedAt(account("a", 2*time.Minute), 5*time.Hour), 1, "new1", nil},
		{"lives long enough, saved a little in the future", savedAt(account("a", 2*time.Minute), time.Minute), 0, "a", nil},
		{"a refresh token alone", refreshAlone, 1, "new1", nil},
		{"ends sooner and can't be renewed", soon, 0, "a", nil},
		{"has ended and can't be renewed", noRefresh, 0, "a", ErrExpired},
		{"another provider's is never sent to ours", other, 0, "a", ErrExpired},
		{"a key", apiKey("openai", "k"), 0, "k", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, layer := range []string{InKeychain, InFile} {
				r := newRig(t)
				place := r.keychain
				if layer == InFile {
					place = r.file
				}
				before := r.put(t, place, test.in)
				res, err := r.Token(t.Context(), Query{}, time.Minute)
				wantError(t, err, test.err)
				wantToken(t, res, test.token)
				r.service.wantCalls(t, test.calls)
				rec, _ := r.record(place)
				if test.calls > 0 && (rec.Token.Reveal() != "new1" || rec.Mark != nil || !rec.Revision.sameSignIn(before.Revision) || rec.Revision.Count != before.Revision.Count+2) {
					t.Errorf("stored is %+v", rec)
				}
				if res.Source != layer || res.NotRenewed != nil || len(r.keychain.names())+len(r.file.names())+len(r.displaced.names()) != 1 {
					t.Errorf("the result is %+v; the places hold %q, %q", res, r.keychain.names(), r.file.names())
				}
			}
		})
	}
}

func TestRenewNow(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	res, err := r.Renew(t.Context())
	must(t, err)
	wantToken(t, res, "new1")
	r.service.fail = errNetwork
	res, err = r.Renew(t.Context())
	wantError(t, err, errNetwork)
	wantToken(t, res, "new1")
	for _, env := range []map[string]string{nil, {"MOGPLEX_API_KEY": "mog_e"}, {"XAI_API_KEY": "x"}} {
		r := newRig(t)
		r.env(env)
		r.put(t, r.keychain, Credential{Provider: Mogplex, Type: PAT, Token: NewSecret("mog_p"), Issuer: testOrigin})
		_, err = r.Renew(t.Context())
		wantError(t, err, ErrNotRefreshable)
	}
	_, err = newRig(t).Renew(t.Context())
	wantError(t, err, ErrNotSignedIn)
}

// A keychain may prompt before the lock is taken, but not while it is held.
func TestARenewalPromptsOnlyOutsideTheLock(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Hour))
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	for i, unattended := range r.keychain.unattended {
		if unattended != (i > 0) {
			t.Errorf("%s: unattended %v", r.keychain.calls[i], unattended)
		}
	}
}

// The record keeps its claim after a failure. The next command holds the lock of
// that claim, and goes on.
func TestANetworkFailureLeavesTheRecordAndItsClaim(t *testing.T) {
	for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
		r := newRig(t)
		before := r.put(t, r.keychain, account("a", ttl))
		r.service.fail = errNetwork
		res, err := r.Token(t.Context(), Query{}, time.Minute)
		wantToken(t, res, "a")
		if ttl > 0 {
			must(t, err)
			err = res.NotRenewed
		}
		wantError(t, err, errNetwork)
		rec, _ := r.record(r.keychain)
		if rec.Token.Reveal() != "a" || rec.Mark == nil || rec.Mark.State != claimed || rec.Revision.Count != before.Revision.Count+1 {
			t.Errorf("stored is %+v", rec)
		}
		r.service.fail = nil
		res, err = r.Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "new2")
		r.service.wantCalls(t, 2)
	}
}

// A rejected refresh token is sent once, until a person forces a refresh or signs
// in.
func TestARejectedRefreshTokenIsSentOnce(t *testing.T) {
	for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
		r := newRig(t)
		r.put(t, r.keychain, account("a", ttl))
		r.service.fail = fmt.Errorf("refresh: %w", ErrRejected)
		for range 3 {
			res, err := r.Token(t.Context(), Query{}, time.Minute)
			wantToken(t, res, "a")
			if ttl > 0 {
				must(t, err)
				err = res.NotRenewed
			}
			wantError(t, err, ErrRejected)
		}
		r.service.wantCalls(t, 1)
		if rec, _ := r.record(r.keychain); !rec.Rejected() || rec.Token.Reveal() != "a" {
			t.Errorf("stored is %+v", rec)
		}
		_, err := r.Renew(t.Context())
		wantError(t, err, ErrRejected)
		r.service.wantCalls(t, 2)
		r.service.fail = nil
		_, err = r.Renew(t.Context())
		must(t, err)
		if rec, _ := r.record(r.keychain); rec.Mark != nil || rec.Token.Reveal() != "new3" {
			t.Errorf("stored is %+v", rec)
		}
	}
}

func TestTheRefreshTokenIsNotSpentIfNothingCanBeStored(t *testing.T) {
	full := errors.New("the disk is full")
	for name, breakIt := range map[string]func(*rig) error{
		"read-only": func(r *rig) error { r.keychain.fail(readOnly); return errRefused },
		"forgets":   func(r *rig) error { r.keychain.fail(forgets); return errRefused },
		"no space": func(r *rig) error {
			r.Layers[0].Reserve = func(context.Context, int) (func(), error) { return nil, full }
			return full
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
				r := newRig(t)
				r.put(t, r.keychain, account("a", ttl))
				want := breakIt(r)
				res, err := r.Token(t.Context(), Query{}, time.Minute)
				if ttl > 0 {
					must(t, err)
					err = res.NotRenewed
				}
				wantError(t, err, want)
				wantToken(t, res, "a")
				r.service.wantCalls(t, 0)
				r.wantTokens(t, "a", "")
			}
		})
	}
}

func TestSpaceForTheAnswerIsReservedAndReleased(t *testing.T) {
	r := newRig(t)
	rec := r.put(t, r.keychain, account("a", -time.Second))
	size, released := 0, false
	r.Layers[0].Reserve = func(_ context.Context, n int) (func(), error) {
		size = n
		return func() { released = true }, nil
	}
	r.service.during = func() {
		if size < 2*len(rec.Token.Reveal()+rec.Refresh.Reveal()) || released {
			t.Errorf("%d bytes are reserved; released %v", size, released)
		}
	}
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	if !released {
		t.Error("the space is not released")
	}
}

func TestCancelingTheCallerDoesNotInterruptARefresh(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	ctx, cancel := context.WithCancel(t.Context())
	r.service.during = cancel
	res, err := r.Token(ctx, Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	r.wantTokens(t, "new1", "")
}

// A caller with little time left still gets the token: a request that was sent is
// finished.
func TestTheCallersDeadlineDoesNotInterruptARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, r.keychain, account("a", -time.Second))
		r.service.during = func() { time.Sleep(5 * time.Second) }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		res, err := r.Token(ctx, Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "new1")
		r.wantTokens(t, "new1", "")
	})
}

func TestACanceledCallerDoesNotSpendTheRefreshToken(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	ctx, cancel := context.WithCancel(t.Context())
	r.Layers[0].Reserve = func(context.Context, int) (func(), error) { // the last thing before the request
		cancel()
		return func() {}, nil
	}
	_, err := r.Token(ctx, Query{}, time.Minute)
	wantError(t, err, context.Canceled)
	r.service.wantCalls(t, 0)
	r.wantTokens(t, "a", "")
}

func TestAnAnswerAtTheDeadlineIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, r.keychain, account("a", -time.Second))
		r.Refresh = func(ctx context.Context, c Credential) (Credential, error) {
			<-ctx.Done()
			c.Token, c.ExpiresAt = NewSecret("new"), noon.Add(time.Hour)
			return c, nil
		}
		start := time.Now()
		res, err := r.Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "new")
		if took := time.Since(start); took != heldLimit-saveReserve {
			t.Errorf("the request was cut after %s", took)
		}
		r.wantTokens(t, "new", "")
	})
}

// together calls Token from n goroutines, each with a manager of its own as
// processes have them, and checks that all got the same token.
func together(t *testing.T, n int, r *rig) (token string) {
	t.Helper()
	tokens := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			own := *r.Manager
			res, err := own.Token(t.Context(), Query{}, time.Minute)
			if err != nil {
				t.Error(err)
			}
			tokens[i] = res.Credential.Token.Reveal()
		})
	}
	wg.Wait()
	for _, got := range tokens {
		if got != tokens[0] {
			t.Fatalf("tokens %q", tokens)
		}
	}
	return tokens[0]
}

func TestAHundredGoroutinesMakeOneRefresh(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	if got := together(t, 100, r); got != "new1" {
		t.Errorf("token %q", got)
	}
	r.service.wantCalls(t, 1)
}

func TestTokensShorterThanMinTTLAreShared(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", -time.Second))
	r.service.ttl = 10 * time.Second
	together(t, 30, r)
	r.service.wantCalls(t, 1)
	together(t, 3, r) // and by those who come later
	r.service.wantCalls(t, 1)
	later := noon.Add(6 * time.Second)
	r.Now = func() time.Time { return later }
	together(t, 3, r)
	r.service.wantCalls(t, 2)
}

// A forced renewal that waited uses the token that another process just renewed.
func TestConcurrentForcedRenewalsMakeOneRefresh(t *testing.T) {
	const callers = 20
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	lock := r.mustLock(t)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			res, err := r.Renew(t.Context())
			if err != nil {
				t.Error(err)
			}
			wantToken(t, res, "new1")
		})
	}
	r.keychain.waitForReads(callers) // all have read before one renews
	lock.Unlock()
	wg.Wait()
	r.service.wantCalls(t, 1)
}

func TestTokenSource(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", 2*time.Minute))
	source := r.TokenSource(t.Context())
	token, err := source.Token()
	must(t, err)
	if token.AccessToken != "a" || token.TokenType != "Bearer" || !token.Expiry.Equal(noon.Add(2*time.Minute)) || token.RefreshToken != "" {
		t.Errorf("token %+v", token)
	}
	later := noon.Add(90 * time.Second)
	r.Now = func() time.Time { return later }
	token, err = source.Token()
	must(t, err)
	if token.AccessToken != "new1" || r.token(r.keychain) != "new1" {
		t.Errorf("token %+v; stored is %q", token, r.token(r.keychain))
	}
	_, err = r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	_, err = source.Token()
	wantError(t, err, ErrNotSignedIn)
}
