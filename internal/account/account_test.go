package account

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/mogplex/mogplex-cli/keyring"
)

const openaiKey = "sk-proj-0123456789abcdefghijklmnop"

// openAccount opens an account with an empty home directory, an empty fake keychain, and
// settings from the given variables.
func openAccount(t *testing.T, variables ...string) *Account {
	t.Helper()
	home, items := t.TempDir(), keyringtest.Fake{Dir: t.TempDir()}
	env := settings.Env{
		LookupEnv:    settings.Variables("linux", variables),
		UserHome:     func() (string, error) { return home, nil },
		UserDatabase: func() string { return home },
		Now:          time.Now,
		OpenKeyring:  func(opt keyring.Options) *keyring.Keyring { return keyring.New(items, opt) },
		Attended:     func() bool { return false },
		BeforeLock:   func() {},
		Stores:       StoreNames(),
	}
	s, err := env.ReadSettings("")
	if err != nil {
		t.Fatal(err)
	}
	a := Open(env, s)
	t.Cleanup(a.Close)
	return a
}

// A key is stored, found, moved and removed, and each report names the right store.
func TestAKeyIsStoredMovedAndRemoved(t *testing.T) {
	a, ctx := openAccount(t), t.Context()
	saved, err := a.StoreSecret(ctx, "openai", auth.NewSecret(openaiKey), false)
	if err != nil || saved.Layer != auth.InKeychain {
		t.Fatalf("stored in %q: %v", saved.Layer, err)
	}
	st, err := a.Status(ctx, "", false)
	if err != nil || !st.SignedIn || st.Source != auth.InKeychain || st.Backend == "" {
		t.Errorf("%+v: %v", st, err)
	}
	m, err := a.Migrate(ctx, auth.Move{From: auth.InKeychain, To: auth.InFile})
	if err != nil || !slices.Equal(m.Moved, []string{"openai"}) || m.Err() != nil {
		t.Errorf("%+v: %v", m, err)
	}
	if res, err := a.Token(ctx, auth.Query{}, time.Minute); err != nil || res.Source != auth.InFile || res.Credential.Token.Reveal() != openaiKey {
		t.Errorf("%+v: %v", res, err)
	}
	if r := a.SignOut(ctx, Scope{}); len(r.Removed) != 0 || len(r.StillActive) != 1 || r.Err() != nil {
		t.Errorf("signing out of Mogplex: %+v", r)
	}
	want := []Removed{{Store: auth.InFile, Provider: "openai", Profile: settings.DefaultProfile}}
	if r := a.SignOut(ctx, Scope{Provider: "openai"}); !slices.Equal(r.Removed, want) || len(r.StillActive) != 0 || r.Err() != nil {
		t.Errorf("signing out of openai: %+v", r)
	}
	if _, err := a.Token(ctx, auth.Query{}, time.Minute); !errors.Is(err, auth.ErrNotSignedIn) {
		t.Errorf("after the sign-out: %v", err)
	}
}

// Invalid requests are refused before anything is stored.
func TestBadRequestsAreUsageErrors(t *testing.T) {
	a := openAccount(t, "MOGPLEX_CREDENTIAL_STORE=file")
	_, unknown := a.StoreSecret(t.Context(), "acme", auth.NewSecret(openaiKey), false)
	_, foreign := a.StoreSecret(t.Context(), "groq", auth.NewSecret(openaiKey), false)
	_, forbidden := a.Migrate(t.Context(), auth.Move{From: auth.InFile, To: auth.InKeychain})
	for _, err := range []error{unknown, foreign, forbidden} {
		var usage settings.UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%v", err)
		}
	}
}

// A credential from a variable begins no step, because setting a timer would cost more
// than the lookup. Reading the keychain begins a step and ends it.
func TestAStepBeginsWhenTheKeychainIsRead(t *testing.T) {
	for _, test := range []struct {
		variables []string
		want      []Step
	}{
		{[]string{"OPENAI_API_KEY=" + openaiKey}, nil},
		{nil, []Step{FindCredential}},
	} {
		a := openAccount(t, test.variables...)
		var begun, ended []Step
		a.Progress.Begin = func(step Step) (end func()) {
			begun = append(begun, step)
			return func() { ended = append(ended, step) }
		}
		_, _ = a.Token(context.Background(), auth.Query{}, time.Minute)
		if !slices.Equal(begun, test.want) || !slices.Equal(ended, test.want) {
			t.Errorf("%q: begun %q, ended %q", test.variables, begun, ended)
		}
	}
}

// The settings and the log know a store by its name.
func TestEachStoreHasANameAndALayer(t *testing.T) {
	var layers []string
	for _, l := range openAccount(t).Manager.Layers {
		layers = append(layers, l.Name)
	}
	if !slices.Equal(layers, StoreNames()) {
		t.Errorf("the layers are %q and the names %q", layers, StoreNames())
	}
}
