package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestResolve(t *testing.T) {
	for _, test := range resolutions() {
		t.Run(test.name, func(t *testing.T) {
			if test.keychain == nil {
				test.keychain = newStore()
			}
			if test.file == nil {
				test.file = newStore()
			}
			if test.all == "" {
				test.all = test.lazy
			}
			m := newManager(t, test.env, test.keychain, test.file)
			test.check(t, m, false, test.lazy)
			test.check(t, m, true, test.all)
		})
	}
}

func (r resolution) check(t *testing.T, m *Manager, all bool, findings string) {
	t.Helper()
	res, err := m.Resolve(t.Context(), Query{Provider: r.provider, All: all})
	var layer *LayerError
	if errors.As(err, &layer) != (r.layer != "") || layer != nil && layer.State != r.layer {
		t.Errorf("all %v: error %#v; want a *LayerError %s", all, err, r.layer)
	}
	if layer == nil || r.err != nil {
		wantError(t, err, r.err)
	}
	if layer != nil && errors.Is(err, ErrNotSignedIn) {
		t.Errorf("all %v: %v reads as signed out", all, err)
	}
	wantToken(t, res, r.token)
	if res.Source != r.source || res.Found != (r.token != "") {
		t.Errorf("all %v: found %v, source %q; want %q", all, res.Found, res.Source, r.source)
	}
	if got := describe(res.Findings); got != findings {
		t.Errorf("all %v: findings\n%s; want\n%s", all, got, findings)
	}
}

func TestAVariableThatDecidesTouchesNoStore(t *testing.T) {
	for _, env := range []map[string]string{{"MOGPLEX_API_KEY": "mog_e"}, {"COHERE_API_KEY": "c"}, {"COHERE_API_KEY": "c d"}} {
		keychain, file := broken(hangs), broken(hangs)
		m := newManager(t, env, keychain, file)
		_, _ = m.Resolve(t.Context(), Query{})
		if calls := slices.Concat(keychain.calls, file.calls); len(calls) > 0 {
			t.Errorf("%v: the stores were asked %q", env, calls)
		}
	}
}

func TestADisabledLayerIsNeverCalled(t *testing.T) {
	keychain, file := newStore(account("kc", time.Hour)), newStore(account("f", time.Hour))
	m := newManager(t, nil, keychain, file)
	m.Layers[0].Disabled = true
	res, err := m.Resolve(t.Context(), Query{All: true})
	must(t, err)
	wantToken(t, res, "f")
	if got, want := describe(res.Findings), "env:mogplex=absent keychain:mogplex=disabled file:mogplex=present!"; got != want {
		t.Errorf("findings %s; want %s", got, want)
	}
	_, err = m.Store(t.Context(), account("new", time.Hour))
	must(t, err)
	for _, removal := range m.Remove(t.Context(), Mogplex) {
		if removal.Layer == Keychain && removal.State != Disabled {
			t.Errorf("removal %+v", removal)
		}
	}
	_, err = m.Resolve(t.Context(), Query{})
	wantError(t, err, ErrNotSignedIn)
	if len(keychain.calls) > 0 {
		t.Errorf("the disabled keychain was asked %q", keychain.calls)
	}
}

func TestARequiredKeychainThatCantBeReachedIsAnError(t *testing.T) {
	m := newManager(t, nil, broken(unavailable), newStore(account("f", time.Hour)))
	m.Layers[0].Required, m.Layers[1].Disabled = true, true
	_, err := m.Resolve(t.Context(), Query{})
	var layer *LayerError
	if !errors.As(err, &layer) || layer.Layer != Keychain || layer.State != Unavailable {
		t.Errorf("error %v; want a *LayerError of the keychain", err)
	}
}

func TestALockedKeychainIsWarnedAboutWhereTheFileServes(t *testing.T) {
	m := newManager(t, nil, broken(locked), newStore(account("f", time.Hour)))
	res, err := m.Resolve(t.Context(), Query{})
	must(t, err)
	wantWarning(t, res.Warnings, "keychain", errLocked.Error())
}

func TestADamagedEntryIsNeverAbsentAndNeverQuoted(t *testing.T) {
	for _, entry := range []string{"", "{", "null", "[]", `"MARK"`, `{"type":"oauth"}`, `{"type":"later","token":"MARK"}`,
		`{"type":"pat","token":7}`, `{"type":"pat","token":"MA RK"}`, `{"type":"api_key","key":"MARK\n"}`,
		`{"type":"pat","token":"MARK","saved_at":"MARK"}`} {
		keychain := newStore(key("openai", "o"))
		keychain.entries[Mogplex] = entry
		m := newManager(t, nil, keychain, newStore())
		res, err := m.Resolve(t.Context(), Query{})
		var layer *LayerError
		if !errors.As(err, &layer) || layer.State != Corrupt || !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: error %v; want a *LayerError corrupt", entry, err)
		}
		if said := err.Error() + strings.Join(res.Warnings, ""); strings.Contains(said, "MARK") {
			t.Errorf("%s is quoted: %s", entry, said)
		}
		m.Layers[1].Store = newStore(account("f", time.Hour))
		res, err = m.Resolve(t.Context(), Query{})
		must(t, err)
		wantToken(t, res, "f")
		wantWarning(t, res.Warnings, "keychain", "damaged")
	}
}

func TestAStoreThatHangsEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t, nil, broken(hangs), newStore(account("f", time.Hour)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := m.Resolve(ctx, Query{})
		wantError(t, err, context.DeadlineExceeded)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// Another process migrates the credential to the keychain in the moment before
// the file is asked.
func TestACredentialThatMovesWhileItIsLookedForIsFound(t *testing.T) {
	for call, there := range map[string][]Credential{
		"get mogplex": {account("a", time.Hour), key("openai", "b")},
		"list":        {key("openai", "a")},
		"get openai":  {key("openai", "a"), key("xai", "b")},
	} {
		t.Run(call, func(t *testing.T) {
			c, keychain, file := there[0], newStore(), newStore(there...)
			m := newManager(t, nil, keychain, file)
			move := sync.OnceFunc(func() {
				keychain.keep(c)
				delete(file.entries, c.Provider)
			})
			file.before = func(asked string) {
				if asked == call {
					move()
				}
			}
			res, err := m.Resolve(t.Context(), Query{})
			must(t, err)
			wantToken(t, res, "a")
		})
	}
}
