package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/outcome"
	"github.com/mogplex/mogplex-cli/internal/sessionlog"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/internal/talk"
	"github.com/mogplex/mogplex-cli/keyring"
)

// aKey is a store with a provider's key.
type aKey struct{}

func (aKey) All(context.Context) (map[string][]byte, error) { return nil, nil }

func (aKey) Get(_ context.Context, account string) ([]byte, bool, error) {
	return []byte(`{"type":"api_key","key":"sk-proj-MARKMARKMARK0123456789"}`), strings.HasPrefix(account, "openai"), nil
}

func (aKey) Update(context.Context, string, func([]byte) ([]byte, error)) error {
	return errors.ErrUnsupported
}

// openWith returns an app over an account whose file is a store of the test's.
func openWith(t *testing.T, store auth.Keychain, variables ...string) *App {
	env := settings.Env{
		LookupEnv: settings.Variables("", variables), UserHome: os.UserHomeDir, UserDatabase: account.UserDatabaseHome, Now: time.Now,
		OpenKeyring: func(opt keyring.Options) *keyring.Keyring { return keyring.Open("mogplex-test", opt) },
		Attended:    func() bool { return false }, BeforeLock: func() {},
	}
	dir := t.TempDir()
	opened := account.Open(env, settings.Settings{Dir: dir, Home: dir, Origin: auth.DefaultOrigin, Store: settings.StoreFile})
	manager := opened.Manager
	for i := range manager.Layers {
		if layer := &manager.Layers[i]; layer.Name == auth.InFile {
			layer.Store = auth.KeychainStore(store)
		}
	}
	log, _ := sessionlog.Open(filepath.Join(dir, "logs"), sessionlog.Options{})
	return &App{Options: Options{Account: opened, Here: outcome.Here{Origin: auth.DefaultOrigin}}, log: log, ctx: t.Context()}
}

// useService makes another service the app's.
func (a *App) useService(origin string) {
	a.Account.Origin, a.Account.Manager.Origin = origin, origin
}

// A conversation with one credential is not sent with another.
func TestAConversationStaysWithItsCredential(t *testing.T) {
	t.Parallel()
	a := openWith(t, aKey{})
	err := a.Prompt(t.Context(), talk.Conversation{Session: "of another", Model: "gpt"}, func(string) {})
	if !errors.Is(err, account.ErrReplaced) {
		t.Errorf("%v", err)
	}
	if p := a.Explain(err); p.Hint == "" || p.SignIn {
		t.Errorf("%+v", p)
	}
}

// turning has one account's entry at the first look, and then another's.
type turning struct{ entries []string }

func (*turning) All(context.Context) (map[string][]byte, error) { return nil, nil }

func (*turning) Update(context.Context, string, func([]byte) ([]byte, error)) error {
	return errors.ErrUnsupported
}

func (s *turning) Get(context.Context, string) ([]byte, bool, error) {
	entry := s.entries[0]
	if len(s.entries) > 1 {
		s.entries = s.entries[1:]
	}
	return []byte(entry), true, nil
}

// If the account changes while a list is requested, neither account gets the list of
// the other.
func TestAListIsOfTheAccountThatAskedForIt(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		fmt.Fprintf(w, `{"ok":true,"data":{"models":[{"id":%q}]}}`, token)
	}))
	defer service.Close()
	store := &turning{}
	for _, who := range []string{"ada", "grace"} {
		store.entries = append(store.entries, fmt.Sprintf(
			`{"type":"oauth","access_token":"of-%[1]s","issuer":%[2]q,"account":{"id":%[1]q}}`, who, service.URL))
	}
	a := openWith(t, store)
	a.useService(service.URL)
	got, res, err := account.List(t.Context(), a.Account, true, hosted.Catalog.Models)
	if err != nil || got.List[0].ID != "of-grace" || res.Credential.Account.ID != "grace" || got.NotCached != nil {
		t.Errorf("%+v of %+v: %v", got, res.Credential.Account, err)
	}
}

// A cancelled sign-in that ends late does not take the notices of the next one.
func TestNoticesGoToTheLatestSignIn(t *testing.T) {
	t.Parallel()
	a, heard := &App{}, ""
	first := a.hear(func(string) { heard += "first" })
	second := a.hear(func(string) { heard += "second" })
	first()
	a.pass("Unlock your keychain.")
	second()
	a.pass("Nobody is there.")
	if heard != "second" {
		t.Errorf("heard by %q", heard)
	}
}

// A sign-in does not help against a variable that the service refuses.
func TestARefusedVariableIsNamed(t *testing.T) {
	t.Parallel()
	a := openWith(t, aKey{}, "MOGPLEX_API_KEY=mog_ofnobody")
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer service.Close()
	a.useService(service.URL)
	_, models := a.Models(t.Context(), true)
	_, servers := a.Servers(t.Context(), true)
	run := a.Follow(t.Context(), "run_demo", func(talk.RunUpdate) {})
	for _, err := range []error{models, servers, run} {
		if p := a.Explain(err); p.SignIn || !strings.Contains(p.Hint, "MOGPLEX_API_KEY") {
			t.Errorf("%v: %+v", err, p)
		}
	}
}

// The status ends with what to do next.
func TestStatusNamesTheNextStep(t *testing.T) {
	t.Parallel()
	a := openWith(t, aKey{})
	a.Options.Status = func(context.Context) (string, error) { return "No credential is active.\n", auth.ErrNotSignedIn }
	if got, err := a.Status(t.Context()); err != nil || got != "No credential is active.\n\nSign in with /login.\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// After a panic the app names the log with the details, if one was written.
func TestAPanicNamesItsLog(t *testing.T) {
	t.Parallel()
	a := openWith(t, aKey{})
	a.log.Event("session started")
	if o := outcome.Of(a.Ended(talk.ErrCrashed)); o.Exit != outcome.Failure || !strings.Contains(o.Hint, a.log.Path()) {
		t.Errorf("%+v", o)
	}
	if err := os.Remove(a.log.Path()); err != nil {
		t.Fatal(err)
	}
	if o := outcome.Of(a.Ended(talk.ErrCrashed)); strings.Contains(o.Hint, a.log.Path()) {
		t.Errorf("a log that there is not: %+v", o)
	}
}
