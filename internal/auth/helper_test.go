package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("AUTH_TEST_ROLE"); role != "" {
		os.Exit(child(role))
	}
	goleak.VerifyTestMain(m)
}

const home = "https://mogplex.test"

// noon is the time that fixed clocks show.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// The states that a fakeStore can be in.
type fault int

const (
	works       fault = iota
	locked            // errLocked at once
	unavailable       // errUnavailable at once
	hangs             // answers nothing until ctx ends
	forgets           // says yes to writes and keeps nothing
	readOnly          // reads, and refuses every write
	lies              // writes, and returns an error all the same
	unlistable        // does everything but list
)

var (
	errLocked      = errors.New("the fake is locked")
	errUnavailable = errors.New("the fake can't be reached")
	errRefused     = errors.New("the fake refused")
)

func stateOf(err error) State {
	switch {
	case errors.Is(err, errLocked):
		return Locked
	case errors.Is(err, errUnavailable):
		return Unavailable
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	}
	return Denied
}

// fakeStore is a store in memory that can be made to fail. It counts what it
// is asked, and calls before, where set, ahead of each answer.
type fakeStore struct {
	mu      sync.Mutex
	entries map[string]string
	fault   fault
	calls   []string
	before  func(call string)
}

func newStore(credentials ...Credential) *fakeStore {
	s := &fakeStore{entries: map[string]string{}}
	for _, c := range credentials {
		s.keep(c)
	}
	return s
}

func broken(f fault, credentials ...Credential) *fakeStore {
	s := newStore(credentials...)
	s.fault = f
	return s
}

// keep puts a credential there past every fault.
func (s *fakeStore) keep(c Credential) {
	entry, err := c.Encode()
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[c.Provider] = string(entry)
}

// token is what the store holds of the account, past every fault.
func (s *fakeStore) token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, _ := Decode(Mogplex, []byte(s.entries[Mogplex]))
	return c.Token.Reveal()
}

// begin counts a call and gives the failure that any call meets.
func (s *fakeStore) begin(ctx context.Context, call string) error {
	s.mu.Lock()
	s.calls = append(s.calls, call)
	before := s.before
	s.mu.Unlock()
	if before != nil {
		before(call)
	}
	switch s.fault {
	case locked:
		return errLocked
	case unavailable:
		return errUnavailable
	case hangs:
		<-ctx.Done()
	}
	return ctx.Err()
}

// write runs a change as the fault lets it.
func (s *fakeStore) write(ctx context.Context, call string, change func()) error {
	if err := s.begin(ctx, call); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.fault {
	case forgets:
		return nil
	case readOnly:
		return errRefused
	}
	change()
	if s.fault == lies {
		return errRefused
	}
	return nil
}

func (s *fakeStore) Get(ctx context.Context, provider string) ([]byte, bool, error) {
	if err := s.begin(ctx, "get "+provider); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, found := s.entries[provider]
	return []byte(entry), found, nil
}

func (s *fakeStore) Set(ctx context.Context, provider string, entry []byte) error {
	return s.write(ctx, "set "+provider, func() { s.entries[provider] = string(entry) })
}

func (s *fakeStore) Delete(ctx context.Context, provider string) (removed bool, err error) {
	err = s.write(ctx, "delete "+provider, func() {
		_, removed = s.entries[provider]
		delete(s.entries, provider)
	})
	return removed, err
}

func (s *fakeStore) List(ctx context.Context) ([]string, error) {
	if err := s.begin(ctx, "list"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == unlistable {
		return nil, errRefused
	}
	return slices.Sorted(maps.Keys(s.entries)), nil
}

// newManager is a manager on two stores whose clock stands at noon and whose
// service must not be asked.
func newManager(t testing.TB, env map[string]string, keychain, file *fakeStore) *Manager {
	return &Manager{
		Resolver: Resolver{
			LookupEnv: func(name string) (string, bool) { value, set := env[name]; return value, set },
			Layers: []Layer{
				{Name: Keychain, Store: keychain, State: stateOf},
				{Name: File, Store: file, State: stateOf},
			},
			Origin: home,
		},
		LockDir: t.TempDir(),
		Now:     func() time.Time { return noon },
		Refresh: func(context.Context, Credential) (Credential, error) {
			t.Error("the service was asked for a new token")
			return Credential{}, errRefused
		},
	}
}

// account is a signed-in account whose token ends ttl after noon.
func account(token string, ttl time.Duration) Credential {
	return Credential{
		Provider: Mogplex, Type: OAuth, Issuer: home,
		Token: NewSecret(token), Refresh: NewSecret("refresh-" + token),
		ExpiresAt: noon.Add(ttl), SavedAt: noon.Add(-time.Hour),
	}
}

func key(provider, value string) Credential {
	return Credential{Provider: provider, Type: APIKey, Token: NewSecret(value), SavedAt: noon.Add(-time.Hour)}
}

// savedAt gives a credential another saved time, relative to noon.
func savedAt(c Credential, offset time.Duration) Credential {
	c.SavedAt = noon.Add(offset)
	return c
}

// describe writes findings as layer:provider=state, with "!" on the one in
// force and "<layer" on one that is hidden.
func describe(findings []Finding) string {
	var all []string
	for _, f := range findings {
		text := fmt.Sprintf("%s:%s=%s", f.Layer, f.Provider, f.State)
		if f.InForce {
			text += "!"
		}
		if f.ShadowedBy != "" {
			text += "<" + f.ShadowedBy
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("error %v; want %v", err, want)
	}
}

func wantToken(t testing.TB, res Result, want string) {
	t.Helper()
	if got := res.Credential.Token.Reveal(); got != want {
		t.Errorf("token %q; want %q", got, want)
	}
}

// wantWarning looks for a warning with all these words; without words, for none.
func wantWarning(t testing.TB, warnings []string, words ...string) {
	t.Helper()
	if len(words) == 0 {
		if len(warnings) > 0 {
			t.Errorf("warnings %q", warnings)
		}
		return
	}
	for _, w := range warnings {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(w, word) }) {
			return
		}
	}
	t.Errorf("no warning with %q among %q", words, warnings)
}
