package auth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// together calls Token from n goroutines, each with a manager of its own as
// processes have them, and checks that all got the same token.
func together(t *testing.T, n int, m *Manager) (token string) {
	t.Helper()
	tokens := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			own := *m
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
	m := newManager(t, nil, newStore(account("a", -time.Second)), newStore())
	s := serve(m, "refresh-a")
	if got := together(t, 100, m); got != "new1" {
		t.Errorf("token %q", got)
	}
	s.wantCalls(t, 1)
}

func TestTokensShorterThanAskedForAreSharedAllTheSame(t *testing.T) {
	keychain := newStore(account("a", -time.Second))
	m := newManager(t, nil, keychain, newStore())
	s := serve(m, "refresh-a")
	s.ttl = 10 * time.Second
	const waiting = 30
	unlock, err := m.Lock(t.Context(), Mogplex, time.Second)
	must(t, err)
	var reads atomic.Int32
	keychain.before = func(string) {
		if reads.Add(1) == waiting { // all have read the old token before one renews it
			unlock()
		}
	}
	together(t, waiting, m)
	s.wantCalls(t, 1)
	together(t, 3, m) // and by those who come later
	s.wantCalls(t, 1)
	later := noon.Add(6 * time.Second)
	m.Now = func() time.Time { return later }
	together(t, 3, m)
	s.wantCalls(t, 2)
}

// The service's clock is hours away from ours: what it issues seems to have
// ended, or to live for ever. Each call asks at most once and gets what it got.
func TestAClockThatIsWrongByHoursDoesNotLoop(t *testing.T) {
	for _, skew := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		m := newManager(t, nil, newStore(account("a", -time.Second)), newStore())
		s := serve(m, "refresh-a")
		s.now = func() time.Time { return noon.Add(skew) }
		for call := range int32(3) {
			res, err := m.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
			want := int32(1)
			if skew < 0 {
				want = call + 1
			}
			wantToken(t, res, fmt.Sprint("new", want))
			s.wantCalls(t, want)
		}
	}
}

// Our own clock jumps after a token was stored.
func TestAClockThatJumpsDoesNotLoop(t *testing.T) {
	for _, jump := range []time.Duration{-30 * 24 * time.Hour, 30 * 24 * time.Hour} {
		m := newManager(t, nil, newStore(account("a", -time.Second)), newStore())
		s := serve(m, "refresh-a")
		_, err := m.Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		later := noon.Add(jump)
		m.Now = func() time.Time { return later }
		s.now = m.Now
		for range 3 {
			_, err := m.Token(t.Context(), Query{}, time.Minute)
			must(t, err)
		}
		if jump < 0 {
			s.wantCalls(t, 1)
		} else {
			s.wantCalls(t, 2)
		}
	}
}
