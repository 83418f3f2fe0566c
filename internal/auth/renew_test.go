package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var errNetwork = errors.New("the service can't be reached")

// service counts refreshes and rotates: a refresh token that was used before
// is rejected, and so is everything after it.
type service struct {
	calls atomic.Int32
	mu    sync.Mutex
	valid string        // the only refresh token it takes
	ttl   time.Duration // of what it issues
	now   func() time.Time
	fail  error
}

// serve makes a service the manager's, which takes the given refresh token.
func serve(m *Manager, valid string) *service {
	s := &service{valid: valid, ttl: time.Hour, now: m.Now}
	m.Refresh = s.refresh
	return s
}

func (s *service) refresh(ctx context.Context, c Credential) (Credential, error) {
	n := s.calls.Add(1)
	if s.fail != nil {
		return Credential{}, s.fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Refresh.Reveal() != s.valid {
		s.valid = "revoked"
		return Credential{}, fmt.Errorf("refresh: %w", ErrRejected)
	}
	c.Token = NewSecret(fmt.Sprint("new", n))
	s.valid = fmt.Sprint("refresh-new", n)
	c.Refresh, c.ExpiresAt = NewSecret(s.valid), s.now().Add(s.ttl)
	return c, ctx.Err()
}

func (s *service) wantCalls(t testing.TB, want int32) {
	t.Helper()
	if got := s.calls.Load(); got != want {
		t.Errorf("the service was asked %d times; want %d", got, want)
	}
}

func TestTokenRenewsOnlyWhatIsDue(t *testing.T) {
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
		{"has ended, saved by a clock that was ahead", savedAt(account("a", -time.Minute), 5*time.Hour), 1, "new1", nil},
		{"ends sooner, saved by a clock that was ahead", savedAt(account("a", 30*time.Second), 5*time.Hour), 1, "new1", nil},
		{"lives long enough, saved by a clock that was ahead", savedAt(account("a", 2*time.Minute), 5*time.Hour), 0, "a", nil},
		{"a refresh token alone", refreshAlone, 1, "new1", nil},
		{"ends sooner and can't be renewed", soon, 0, "a", nil},
		{"has ended and can't be renewed", noRefresh, 0, "a", ErrExpired},
		{"another provider's is never sent to ours", other, 0, "a", ErrExpired},
		{"a key", key("openai", "k"), 0, "k", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			keychain := newStore(test.in)
			m := newManager(t, nil, keychain, newStore())
			s := serve(m, "refresh-a")
			res, err := m.Token(t.Context(), Query{}, time.Minute)
			wantError(t, err, test.err)
			wantToken(t, res, test.token)
			s.wantCalls(t, test.calls)
			if test.calls > 0 && (keychain.token() != "new1" || res.Source != Keychain || res.NotRenewed != nil) {
				t.Errorf("stored is %q; the result %+v", keychain.token(), res)
			}
		})
	}
}

func TestRenewNow(t *testing.T) {
	m := newManager(t, nil, newStore(account("a", time.Hour)), newStore())
	s := serve(m, "refresh-a")
	res, err := m.Renew(t.Context())
	must(t, err)
	wantToken(t, res, "new1")
	s.fail = errNetwork
	res, err = m.Renew(t.Context())
	wantError(t, err, errNetwork)
	wantToken(t, res, "new1")
	for _, env := range []map[string]string{{"MOGPLEX_API_KEY": "mog_e"}, {"XAI_API_KEY": "x"}} {
		m = newManager(t, env, newStore(Credential{Provider: Mogplex, Type: PAT, Token: NewSecret("mog_p")}), newStore())
		_, err = m.Renew(t.Context())
		wantError(t, err, ErrNotRefreshable)
	}
	_, err = newManager(t, nil, newStore(), newStore()).Renew(t.Context())
	wantError(t, err, ErrNotSignedIn)
}

func TestARefreshThatFails(t *testing.T) {
	for _, failure := range []error{errNetwork, fmt.Errorf("refresh: %w", ErrRejected)} {
		for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
			keychain := newStore(account("a", ttl))
			m := newManager(t, nil, keychain, newStore())
			s := serve(m, "refresh-a")
			s.fail = failure
			res, err := m.Token(t.Context(), Query{}, time.Minute)
			wantToken(t, res, "a")
			if ttl > 0 {
				must(t, err)
				wantError(t, res.NotRenewed, failure)
			} else {
				wantError(t, err, failure)
			}
			if errors.Is(err, ErrNotSignedIn) || keychain.token() != "a" {
				t.Errorf("%v: error %v, stored %q", failure, err, keychain.token())
			}
			s.wantCalls(t, 1)
		}
	}
}

func TestRejectedWhileAnotherMachineWonTakesItsToken(t *testing.T) {
	for _, test := range []struct {
		ttl time.Duration
		err error
	}{{time.Hour, nil}, {-time.Hour, ErrRejected}} {
		keychain := newStore(account("a", -time.Second))
		m := newManager(t, nil, keychain, newStore())
		m.Refresh = func(context.Context, Credential) (Credential, error) {
			keychain.keep(account("theirs", test.ttl))
			return Credential{}, ErrRejected
		}
		res, err := m.Token(t.Context(), Query{}, time.Minute)
		wantError(t, err, test.err)
		if test.err == nil {
			wantToken(t, res, "theirs")
		}
		if keychain.token() != "theirs" {
			t.Errorf("stored is %q", keychain.token())
		}
	}
}

func TestTheRefreshTokenIsNotSpentWhereNothingCanBeStored(t *testing.T) {
	for _, f := range []fault{readOnly, forgets} {
		for _, ttl := range []time.Duration{30 * time.Second, -time.Second} {
			m := newManager(t, nil, broken(f, account("a", ttl)), broken(readOnly))
			s := serve(m, "refresh-a")
			res, err := m.Token(t.Context(), Query{}, time.Minute)
			if ttl > 0 {
				must(t, err)
				err = res.NotRenewed
			}
			wantError(t, err, ErrNotSaved)
			wantToken(t, res, "a")
			s.wantCalls(t, 0)
		}
	}
}

func TestARenewedTokenThatCantBeStoredIsStillUsed(t *testing.T) {
	keychain := newStore(account("a", -time.Second))
	m := newManager(t, nil, keychain, broken(unavailable))
	s := serve(m, "refresh-a")
	m.Refresh = func(ctx context.Context, c Credential) (Credential, error) {
		keychain.fault = readOnly
		return s.refresh(ctx, c)
	}
	res, err := m.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	wantWarning(t, res.Warnings, "could not be stored")
	if keychain.token() != "a" {
		t.Errorf("stored is %q", keychain.token())
	}
}

func TestARenewedTokenFallsBackToTheFileAndHealsLater(t *testing.T) {
	keychain, file := newStore(account("a", -time.Second)), newStore()
	m := newManager(t, nil, keychain, file)
	s := serve(m, "refresh-a")
	keychain.fault = readOnly
	res, err := m.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	wantWarning(t, res.Warnings, "keychain")
	if res.Source != File || file.token() != "new1" {
		t.Errorf("source %s; the file has %q", res.Source, file.token())
	}
	keychain.fault = works
	res, err = m.Renew(t.Context())
	must(t, err)
	wantToken(t, res, "new2")
	if keychain.token() != "new2" || file.token() != "" {
		t.Errorf("the keychain has %q, the file %q", keychain.token(), file.token())
	}
	s.wantCalls(t, 2)
}

func TestTheCallersEndDoesNotCutARefreshShort(t *testing.T) {
	keychain := newStore(account("a", -time.Second))
	m := newManager(t, nil, keychain, newStore())
	s := serve(m, "refresh-a")
	ctx, cancel := context.WithCancel(t.Context())
	m.Refresh = func(inner context.Context, c Credential) (Credential, error) {
		cancel()
		return s.refresh(inner, c)
	}
	res, err := m.Token(ctx, Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	if keychain.token() != "new1" {
		t.Errorf("stored is %q", keychain.token())
	}
}

func TestACallerThatEndedBeforeTheRefreshSpendsNothing(t *testing.T) {
	keychain, file := newStore(account("a", -time.Second)), newStore()
	m := newManager(t, nil, keychain, file)
	ctx, cancel := context.WithCancel(t.Context())
	file.before = func(call string) {
		if call == "delete "+Mogplex { // the last thing before the request
			cancel()
		}
	}
	_, err := m.Token(ctx, Query{}, time.Minute)
	wantError(t, err, context.Canceled)
	if keychain.token() != "a" {
		t.Errorf("stored is %q", keychain.token())
	}
}

func TestAnAnswerInTheLastMomentIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keychain := newStore(account("a", -time.Second))
		m := newManager(t, nil, keychain, newStore())
		m.Refresh = func(ctx context.Context, _ Credential) (Credential, error) {
			<-ctx.Done()
			return account("new", time.Hour), nil
		}
		start := time.Now()
		res, err := m.Token(t.Context(), Query{}, time.Minute)
		must(t, err)
		wantToken(t, res, "new")
		if took := time.Since(start); took != refreshLimit || keychain.token() != "new" {
			t.Errorf("after %s the keychain has %q", took, keychain.token())
		}
	})
}
