package auth

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

func TestAnotherProcessHoldsTheLock(t *testing.T) {
	for _, test := range []struct {
		ttl  time.Duration
		wait time.Duration
		err  error
	}{{30 * time.Second, briefWait, nil}, {-time.Second, lockWait, ErrBusy}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.put(t, r.keychain, account("a", test.ttl))
			defer r.mustLock(t).Unlock()
			start := time.Now()
			res, err := r.Token(t.Context(), Query{}, time.Minute)
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
			_, err = r.Token(ctx, Query{}, 2*time.Minute)
			if !errors.Is(err, context.DeadlineExceeded) && test.err != nil {
				t.Errorf("error %v", err)
			}
			r.service.wantCalls(t, 0)
		})
	}
}

func TestACanceledWaitForTheLockReturnsNoToken(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", 30*time.Second))
	defer r.mustLock(t).Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := r.Token(ctx, Query{}, time.Minute)
	wantError(t, err, context.Canceled)
}

// A process that waits for the lock stops waiting once another one renewed.
func TestAWaitForTheLockEndsWhenTheTokenIsRenewed(t *testing.T) {
	r := newRig(t)
	before := r.put(t, r.keychain, account("a", -time.Second))
	defer r.mustLock(t).Unlock()
	time.AfterFunc(20*time.Millisecond, func() {
		r.putRecord(t, r.keychain, Record{Credential: account("b", time.Hour), Revision: before.Revision.next()})
		r.announce(r.Key(Mogplex))
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	res, err := r.Token(ctx, Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "b")
}

// Without a lock a valid token is used as it is, and an expired one is renewed
// under its claim alone.
func TestRenewalWithoutALock(t *testing.T) {
	r := newRig(t)
	r.noLocks(t)
	r.put(t, r.keychain, account("a", 30*time.Second))
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "a")
	if res.NotRenewed == nil {
		t.Error("NotRenewed is nil")
	}
	r.service.wantCalls(t, 0)
	r.put(t, r.keychain, account("a", -time.Second))
	r.service.during = func() {
		if rec, _ := r.record(r.keychain); rec.Mark == nil || rec.Mark.Lock != "" {
			t.Errorf("the record in between is %+v", rec)
		}
	}
	res, err = r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	saved, err := r.SignIn(t.Context(), account("b", time.Hour))
	must(t, err)
	wantWarning(t, saved.Warnings, "can't be locked")
	removals, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	if !removals[0].Removed {
		t.Errorf("removals %+v", removals)
	}
}

// noLocks makes every lock fail, including the fallback.
func (r *rig) noLocks(t *testing.T) {
	t.Helper()
	saved := acquire
	t.Cleanup(func() { acquire = saved })
	acquire = func(context.Context, string, private.LockOptions) (*private.Lock, error) {
		return nil, private.ErrNoLock
	}
}

// All processes take two locks in one order.
func TestLocksAreTakenInOneOrder(t *testing.T) {
	saved := acquire
	defer func() { acquire = saved }()
	for _, dirs := range [][2]string{{"a", "b"}, {"b", "a"}} {
		r := newRig(t)
		base := t.TempDir()
		for i, dir := range dirs {
			r.Layers[i].LockDir = func(Key) string { return filepath.Join(base, dir) }
		}
		var taken []string
		acquire = func(ctx context.Context, path string, opt private.LockOptions) (*private.Lock, error) {
			taken = append(taken, filepath.Base(filepath.Dir(path)))
			return saved(ctx, path, opt)
		}
		lock := r.mustLock(t)
		lock.Unlock()
		if len(taken) != 2 || taken[0] != "a" {
			t.Errorf("taken are %q", taken)
		}
	}
}

// Each store has its lock file beside it, and two stores in one directory share one.
func TestLockFilesAreBesideTheStores(t *testing.T) {
	r := newRig(t)
	elsewhere := filepath.Join(t.TempDir(), "linked")
	lock := r.mustLock(t)
	if len(lock.locks) != 1 {
		t.Errorf("%d locks", len(lock.locks))
	}
	lock.Unlock()
	r.Layers[1].LockDir = func(Key) string { return elsewhere }
	lock = r.mustLock(t)
	defer lock.Unlock()
	for _, dir := range []string{filepath.Join(r.dir, "locks"), elsewhere} {
		if _, err := os.Stat(filepath.Join(dir, r.Key(Mogplex).inHome()+".lock")); err != nil {
			t.Error(err)
		}
	}
	for _, layers := range [][]*Layer{{&r.Layers[0]}, {&r.Layers[1]}} {
		if _, err := r.lock(t.Context(), r.Key(Mogplex), 10*time.Millisecond, layers, nil); !errors.Is(err, ErrBusy) {
			t.Errorf("error %v; want ErrBusy", err)
		}
	}
	// Another service, provider or profile has another lock.
	for _, key := range []Key{r.Key("openai"), {Dir: r.dir, Provider: Mogplex, Origin: DefaultOrigin}, {Dir: r.dir, Profile: "p", Provider: Mogplex, Origin: testOrigin}} {
		other, err := r.lock(t.Context(), key, 10*time.Millisecond, []*Layer{&r.Layers[0]}, nil)
		must(t, err)
		other.Unlock()
	}
}

func TestWhileActiveKeepsOthersOut(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	is := func(token string) func(Credential) bool {
		return func(c Credential) bool { return c.Token.Reveal() == token }
	}
	done := false
	must(t, r.WhileActive(t.Context(), Mogplex, time.Second, is("a"), func(context.Context) error {
		done = true
		_, err := r.lock(t.Context(), r.Key(Mogplex), 10*time.Millisecond, r.all(), nil)
		wantError(t, err, ErrBusy)
		return nil
	}))
	if !done {
		t.Error("nothing was done")
	}
	err := r.WhileActive(t.Context(), Mogplex, time.Second, is("b"), func(context.Context) error {
		t.Error("it is done for another credential")
		return nil
	})
	wantError(t, err, ErrConflict)
}
