package auth

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
)

// While a command waits for the lock, another one changes what is stored.
func TestWhatAnotherProcessDidMeanwhileDecides(t *testing.T) {
	elsewhere := account("other", time.Hour)
	elsewhere.Issuer = "https://other.test"
	ended := account("ended", -time.Second)
	ended.Refresh = Secret{}
	for _, test := range []struct {
		name   string
		stored *fakeStore // meanwhile
		token  string
		err    error
	}{
		{"signed out", newStore(), "", ErrNotSignedIn},
		{"signed in elsewhere", newStore(elsewhere), "", ErrOtherOrigin},
		{"renewed", newStore(account("b", time.Hour)), "b", nil},
		{"a token that can't be renewed and has ended", newStore(ended), "ended", ErrNotRefreshable},
		{"a personal token", newStore(Credential{Provider: Mogplex, Type: PAT, Token: NewSecret("mog_p")}), "mog_p", nil},
	} {
		for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
			t.Run(test.name, func(t *testing.T) {
				keychain := newStore(account("a", ttl))
				m := newManager(t, nil, keychain, newStore())
				unlock, err := m.Lock(t.Context(), Mogplex, time.Second)
				must(t, err)
				done := sync.OnceFunc(func() {
					m.Layers = []Layer{{Name: Keychain, Store: test.stored, State: stateOf}}
					unlock()
				})
				keychain.before = func(string) { done() } // at the first read, before the lock is waited for
				before := len(test.stored.entries)
				res, err := m.Token(t.Context(), Query{}, time.Minute)
				wantError(t, err, test.err)
				wantToken(t, res, test.token)
				if len(test.stored.entries) != before {
					t.Error("what was signed out came back")
				}
			})
		}
	}
}

func TestManyWhoRenewNowAtOnceMakeOneRefresh(t *testing.T) {
	const callers = 20
	file := newStore()
	m := newManager(t, nil, newStore(account("a", time.Hour)), file)
	s := serve(m, "refresh-a")
	unlock, err := m.Lock(t.Context(), Mogplex, time.Second)
	must(t, err)
	var reads atomic.Int32
	file.before = func(string) { // who asks the file has read the keychain
		if reads.Add(1) == callers {
			unlock()
		}
	}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			res, err := m.Renew(t.Context())
			if err != nil {
				t.Error(err)
			}
			wantToken(t, res, "new1")
		})
	}
	wg.Wait()
	s.wantCalls(t, 1)
}

func TestACallerThatEndsWhileItWaitsGetsNoToken(t *testing.T) {
	m := newManager(t, nil, newStore(account("a", 30*time.Second)), newStore())
	unlock, err := m.Lock(t.Context(), Mogplex, time.Second)
	must(t, err)
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err = m.Token(ctx, Query{}, time.Minute)
	wantError(t, err, context.Canceled)
}

func TestAnotherProcessHoldsTheLock(t *testing.T) {
	for _, test := range []struct {
		ttl  time.Duration
		wait time.Duration
		err  error
	}{{30 * time.Second, briefWait, nil}, {-time.Second, LockWait, ErrBusy}} {
		dir := t.TempDir()
		held := flock.New(filepath.Join(dir, Mogplex+".lock"))
		must(t, held.Lock())
		synctest.Test(t, func(t *testing.T) {
			m := newManager(t, nil, newStore(account("a", test.ttl)), newStore())
			m.LockDir = dir
			start := time.Now()
			res, err := m.Token(t.Context(), Query{}, time.Minute)
			if took := time.Since(start); took != test.wait {
				t.Errorf("waited %s; want %s", took, test.wait)
			}
			wantError(t, err, test.err)
			wantToken(t, res, "a")
			if test.err == nil {
				wantError(t, res.NotRenewed, ErrBusy)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err = m.Lock(ctx, Mogplex, time.Hour)
			wantError(t, err, context.DeadlineExceeded)
		})
		must(t, held.Unlock())
	}
}
