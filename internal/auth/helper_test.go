package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

const testOrigin = "https://mogplex.test"

// noon is the time that fixed clocks show.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

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

// rig is a manager on places in memory.
type rig struct {
	*Manager
	keychain, file, displaced *memory
	injector                  *injector
	service                   *service
	revoked                   *revocations
	dir                       string
}

// newRig makes a manager for testOrigin on an empty keychain and file, whose
// clock stands at noon and whose service takes the refresh token "refresh-a".
func newRig(t testing.TB) *rig {
	home := t.TempDir()
	r := &rig{dir: filepath.Join(home, ".mogplex"), injector: &injector{}, revoked: &revocations{}}
	r.keychain, r.file, r.displaced = newMemory(r.injector), newMemory(r.injector), newMemory(r.injector)
	locks := func(k Key) string { return filepath.Join(k.Home(), "locks") }
	must(t, os.MkdirAll(filepath.Join(r.dir, "locks"), 0o700))
	r.Manager = &Manager{
		Resolver: Resolver{
			LookupEnv: func(string) (string, bool) { return "", false },
			Layers: []Layer{
				{Name: InKeychain, Store: KeychainStore(r.keychain), State: stateOf, LockDir: locks},
				{Name: InFile, Path: filepath.Join(r.dir, "auth.json"), Store: FileStore(r.file, Key{Dir: r.dir}), State: stateOf, LockDir: locks, Required: true},
			},
			Dir:       &Directory{Path: r.dir, UserHome: func() string { return home }},
			Origin:    testOrigin,
			Displaced: func(string) Place { return r.displaced },
		},
		Revoke:     r.revoked.add,
		Unattended: func(ctx context.Context) context.Context { return context.WithValue(ctx, unattended{}, true) },
		Now:        func() time.Time { return noon },
	}
	r.service = &service{valid: "refresh-a", ttl: time.Hour, now: func() time.Time { return r.Now() }}
	r.Refresh = r.service.refresh
	return r
}

// unattended marks a context under which no store may prompt.
type unattended struct{}

// env sets the only environment variables that the manager sees.
func (r *rig) env(vars map[string]string) {
	r.LookupEnv = func(name string) (string, bool) { value, set := vars[name]; return value, set }
}

// put stores a credential as a sign-in does, whatever the fault.
func (r *rig) put(t testing.TB, m *memory, c Credential) Record {
	t.Helper()
	return r.putRecord(t, m, Record{Credential: c, Revision: firstRevision()})
}

// putRecord stores a record, whatever the fault, even one without an issuer.
func (r *rig) putRecord(t testing.TB, m *memory, rec Record) Record {
	t.Helper()
	key := r.Key(rec.Provider)
	entry, err := rec.encode(key, m == r.keychain)
	must(t, err)
	m.write(r.name(m, rec.Provider), entry)
	return rec
}

// name is a provider's name in a place.
func (r *rig) name(m *memory, provider string) string {
	switch m {
	case r.keychain:
		return r.Key(provider).Account()
	case r.file:
		return r.Key(provider).Name()
	}
	return displacedName(r.Key(provider), InKeychain)
}

// record returns the account's record in a place, whatever the fault.
func (r *rig) record(m *memory) (Record, bool) {
	entry := m.read(r.name(m, Mogplex))
	if entry == nil {
		return Record{}, false
	}
	rec, _ := decodeRecord(r.Key(Mogplex), entry)
	return rec, true
}

// token is the account's token in a place, "" if it holds none.
func (r *rig) token(m *memory) string {
	rec, _ := r.record(m)
	return rec.Token.Reveal()
}

func (r *rig) wantTokens(t testing.TB, keychain, file string) {
	t.Helper()
	if k, f := r.token(r.keychain), r.token(r.file); k != keychain || f != file {
		t.Errorf("the keychain has %q, the file %q; want %q, %q", k, f, keychain, file)
	}
}

// mustLock takes the account's lock.
func (r *rig) mustLock(t testing.TB) *keyLock {
	t.Helper()
	lock, err := r.lock(t.Context(), r.Key(Mogplex), time.Second, r.all(), nil)
	must(t, err)
	return lock
}

// account is a signed-in account whose token ends ttl after noon.
func account(token string, ttl time.Duration) Credential {
	return Credential{
		Provider: Mogplex, Type: OAuth, Issuer: testOrigin,
		Token: NewSecret(token), Refresh: NewSecret("refresh-" + token),
		ExpiresAt: noon.Add(ttl), SavedAt: noon.Add(-time.Hour),
	}
}

func apiKey(provider, value string) Credential {
	return Credential{Provider: provider, Type: APIKey, Token: NewSecret(value), SavedAt: noon.Add(-time.Hour)}
}

// savedAt gives a credential another saved time, relative to noon.
func savedAt(c Credential, offset time.Duration) Credential {
	c.SavedAt = noon.Add(offset)
	return c
}

var errNetwork = errors.New("the service can't be reached")

// service counts refreshes and rotates the refresh token. After a used one was sent
// again, it rejects every token.
type service struct {
	calls atomic.Int32
	mu    sync.Mutex
	valid string        // the only refresh token it takes
	ttl   time.Duration // of new tokens
	now   func() time.Time
	fail  error
	// during, if set, is called during each request.
	during func()
}

func (s *service) refresh(ctx context.Context, c Credential) (Credential, error) {
	n := s.calls.Add(1)
	if s.during != nil {
		s.during()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return Credential{}, s.fail
	}
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

// revocations are the tokens of credentials that were revoked.
type revocations struct {
	mu     sync.Mutex
	tokens []string
}

func (r *revocations) add(_ context.Context, c Credential) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens = append(r.tokens, c.Token.Reveal())
}

func (r *revocations) want(t testing.TB, tokens ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.tokens, tokens) {
		t.Errorf("revoked %q; want %q", r.tokens, tokens)
	}
}

// describe writes findings as layer:provider=state, with "!" on the active one,
// "~" on a stray and "<layer" on one that is hidden.
func describe(findings []Finding) string {
	var all []string
	for _, f := range findings {
		text := fmt.Sprintf("%s:%s=%s", f.Layer, f.Provider, f.State)
		if f.Active {
			text += "!"
		}
		if f.Stray {
			text += "~"
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

func tokensOf(credentials []Credential) (tokens []string) {
	for _, c := range credentials {
		tokens = append(tokens, c.Token.Reveal())
	}
	return tokens
}

// sameEntry reports whether a place still holds exactly that entry.
func sameEntry(m *memory, name string, entry []byte) bool { return bytes.Equal(m.read(name), entry) }
