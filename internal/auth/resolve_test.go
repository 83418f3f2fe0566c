package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// resolution is a case of TestResolve: the content of the layers, and the result.
type resolution struct {
	name           string
	env            map[string]string
	keychain, file []Credential
	fault          fault // of the keychain
	provider       string
	token, source  string
	err            error
	layer          State  // of a *LayerError; empty if there is none
	lazy, all      string // findings, see describe; all as lazy if empty
}

var kc, inFile = account("kc", time.Hour), account("f", time.Hour)

var resolutions = []resolution{
	{name: "nothing anywhere", err: ErrNotSignedIn,
		lazy: "env:mogplex=absent keychain:mogplex=absent file:mogplex=absent"},
	{name: "a variable over every store", env: map[string]string{"MOGPLEX_API_KEY": "mog_e"},
		keychain: []Credential{kc}, file: []Credential{inFile}, token: "mog_e", source: Env,
		lazy: "env:mogplex=present!",
		all:  "env:mogplex=present! keychain:mogplex=present<env file:mogplex=present~<env"},
	{name: "another provider's variable over the stored account", env: map[string]string{"XAI_API_KEY": "x"},
		keychain: []Credential{kc}, token: "x", source: Env,
		lazy: "env:mogplex=absent env:xai=present!",
		all:  "env:mogplex=absent env:xai=present! keychain:mogplex=present<env file:mogplex=absent"},
	{name: "variables in table order", env: map[string]string{"OPENAI_API_KEY": "o", "ANTHROPIC_API_KEY": "a"}, token: "a", source: Env,
		lazy: "env:mogplex=absent env:anthropic=present! env:openai=present<env",
		all:  "env:mogplex=absent env:anthropic=present! env:openai=present<env keychain:mogplex=absent file:mogplex=absent"},
	{name: "a blank variable counts as unset", env: map[string]string{"MOGPLEX_API_KEY": " \t\n", "GROQ_API_KEY": ""},
		keychain: []Credential{kc}, token: "kc", source: InKeychain,
		lazy: "env:mogplex=absent keychain:mogplex=present!",
		all:  "env:mogplex=absent keychain:mogplex=present! file:mogplex=absent"},
	{name: "a second record is a stray, however new", keychain: []Credential{savedAt(kc, -5*time.Hour)}, file: []Credential{inFile},
		token: "kc", source: InKeychain,
		lazy: "env:mogplex=absent keychain:mogplex=present!",
		all:  "env:mogplex=absent keychain:mogplex=present! file:mogplex=present~<keychain"},
	{name: "the file alone", file: []Credential{inFile}, token: "f", source: InFile,
		lazy: "env:mogplex=absent keychain:mogplex=absent file:mogplex=present!"},
	{name: "the file while the keychain is locked", fault: locked, file: []Credential{inFile}, token: "f", source: InFile,
		lazy: "env:mogplex=absent keychain:mogplex=locked file:mogplex=present!"},
	{name: "a locked keychain is an error", fault: locked, keychain: []Credential{kc}, layer: Locked,
		lazy: "env:mogplex=absent keychain:mogplex=locked file:mogplex=absent"},
	{name: "a missing keychain is signed out", fault: unavailable, err: ErrNotSignedIn,
		lazy: "env:mogplex=absent keychain:mogplex=unavailable file:mogplex=absent"},
	{name: "the account before the keys", keychain: []Credential{apiKey("openai", "o")}, file: []Credential{inFile}, token: "f", source: InFile,
		lazy: "env:mogplex=absent keychain:mogplex=absent file:mogplex=present!"},
	{name: "the first key of the table if there is no account", keychain: []Credential{apiKey("openai", "o")}, file: []Credential{apiKey("anthropic", "a")},
		token: "a", source: InFile,
		lazy: "env:mogplex=absent keychain:anthropic=absent file:anthropic=present!"},
	{name: "a key behind a locked keychain", fault: locked, file: []Credential{apiKey("xai", "x")}, token: "x", source: InFile,
		lazy: "env:mogplex=absent keychain:xai=locked file:xai=present!"},
	{name: "one provider alone", provider: "openai", env: map[string]string{"XAI_API_KEY": "x"}, keychain: []Credential{kc, apiKey("openai", "o")},
		token: "o", source: InKeychain,
		lazy: "env:openai=absent env:xai=present keychain:openai=present!",
		all:  "env:openai=absent env:xai=present keychain:openai=present! file:openai=absent"},
	{name: "a variable that can't be a key stops it", env: map[string]string{"MOGPLEX_API_KEY": "mog_a b", "XAI_API_KEY": "x"},
		keychain: []Credential{kc}, layer: Corrupt,
		lazy: "env:mogplex=corrupt env:xai=present<env",
		all:  "env:mogplex=corrupt env:xai=present<env keychain:mogplex=present<env file:mogplex=absent"},
}

func TestResolve(t *testing.T) {
	for _, test := range resolutions {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			r.env(test.env)
			for _, c := range test.keychain {
				r.put(t, r.keychain, c)
			}
			for _, c := range test.file {
				r.put(t, r.file, c)
			}
			r.keychain.fail(test.fault)
			test.check(t, r, false, test.lazy)
			if test.all == "" {
				test.all = test.lazy
			}
			test.check(t, r, true, test.all)
		})
	}
}

func (test resolution) check(t *testing.T, r *rig, all bool, findings string) {
	t.Helper()
	res, err := r.Resolve(t.Context(), Query{Provider: test.provider, All: all})
	var layer *LayerError
	if errors.As(err, &layer) != (test.layer != "") || layer != nil && layer.State != test.layer {
		t.Errorf("all %v: error %#v; want a *LayerError %s", all, err, test.layer)
	}
	if layer == nil {
		wantError(t, err, test.err)
	} else if errors.Is(err, ErrNotSignedIn) {
		t.Errorf("all %v: %v reads as signed out", all, err)
	}
	wantToken(t, res, test.token)
	if res.Source != test.source || res.Found != (test.token != "") {
		t.Errorf("all %v: found %v, source %q; want %q", all, res.Found, res.Source, test.source)
	}
	if got := describe(res.Findings); got != findings {
		t.Errorf("all %v: findings\n%s; want\n%s", all, got, findings)
	}
}

func TestTwoServicesAreTwoSignIns(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("here", time.Hour))
	r.put(t, r.file, account("stray", time.Hour))
	there := *r.Manager
	there.Origin = "https://other.test"
	_, err := there.Resolve(t.Context(), Query{})
	wantError(t, err, ErrNotSignedIn)
	saved, err := there.SignIn(t.Context(), account("there", time.Hour))
	must(t, err)
	if len(saved.Replaced) > 0 || saved.Credential.Issuer != there.Origin {
		t.Errorf("saved %+v", saved)
	}
	_, err = there.Remove(t.Context(), there.Key(Mogplex))
	must(t, err)
	r.wantTokens(t, "here", "stray")
	res, err := r.Resolve(t.Context(), Query{})
	must(t, err)
	wantToken(t, res, "here")
}

func TestResolveReadsNoStoreIfAVariableDecides(t *testing.T) {
	for _, env := range []map[string]string{{"MOGPLEX_API_KEY": "mog_e"}, {"COHERE_API_KEY": "c"}, {"COHERE_API_KEY": "c d"}} {
		r := newRig(t)
		r.env(env)
		_, _ = r.Token(t.Context(), Query{}, time.Minute)
		if calls := slices.Concat(r.keychain.calls, r.file.calls, r.displaced.calls); len(calls) > 0 {
			t.Errorf("%v: the stores were asked %q", env, calls)
		}
	}
}

func TestADisabledLayerIsNeverCalled(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, kc)
	r.put(t, r.file, inFile)
	r.Layers[0].Disabled = true
	res, err := r.Resolve(t.Context(), Query{All: true})
	must(t, err)
	wantToken(t, res, "f")
	if got, want := describe(res.Findings), "env:mogplex=absent keychain:mogplex=disabled file:mogplex=present!"; got != want {
		t.Errorf("findings %s; want %s", got, want)
	}
	_, err = r.Renew(t.Context())
	wantError(t, err, ErrRejected)
	_, err = r.SignIn(t.Context(), account("new", time.Hour))
	must(t, err)
	removals, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	if removals[0].State != Disabled || removals[0].Failed() || !removals[1].Removed {
		t.Errorf("removals %+v", removals)
	}
	if len(r.keychain.calls) > 0 {
		t.Errorf("the disabled keychain was asked %q", r.keychain.calls)
	}
}

func TestARequiredKeychainThatCantBeReachedIsAnError(t *testing.T) {
	r := newRig(t)
	r.keychain.fail(unavailable)
	r.Layers[0].Required, r.Layers[1].Disabled = true, true
	_, err := r.Resolve(t.Context(), Query{})
	var layer *LayerError
	if !errors.As(err, &layer) || layer.Layer != InKeychain || layer.State != Unavailable {
		t.Errorf("error %v; want a *LayerError of the keychain", err)
	}
}

func TestResolveWarnsAboutAnUnreadableKeychain(t *testing.T) {
	for f, words := range map[fault][]string{locked: {"keychain", errLocked.Error()}, unavailable: nil} {
		r := newRig(t)
		r.put(t, r.file, inFile)
		r.keychain.fail(f)
		res, err := r.Resolve(t.Context(), Query{})
		must(t, err)
		wantWarning(t, res.Warnings, words...)
	}
}

func TestADamagedEntryIsReportedAndNotQuoted(t *testing.T) {
	for _, entry := range []string{"{", "null", `"MARK"`, `{"type":"oauth"}`, `{"type":"oauth","access_token":"MARK","issuer":"https://other.test"}`} {
		r := newRig(t)
		r.put(t, r.keychain, apiKey("openai", "o"))
		r.keychain.write(r.name(r.keychain, Mogplex), []byte(entry))
		res, err := r.Resolve(t.Context(), Query{Provider: Mogplex})
		var layer *LayerError
		if !errors.As(err, &layer) || layer.State != Corrupt || !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: error %v; want a *LayerError corrupt", entry, err)
		}
		if shown := err.Error() + strings.Join(res.Warnings, ""); strings.Contains(shown, "MARK") {
			t.Errorf("%s is quoted: %s", entry, shown)
		}
		r.put(t, r.file, inFile)
		res, err = r.Resolve(t.Context(), Query{})
		must(t, err)
		wantToken(t, res, "f")
		wantWarning(t, res.Warnings, "keychain", "damaged")
	}
}

func TestAStoreThatHangsEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, r.file, inFile)
		r.keychain.fail(hangs)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := r.Resolve(ctx, Query{})
		wantError(t, err, context.DeadlineExceeded)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
