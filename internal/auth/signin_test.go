package auth

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSignInChoosesItsStore(t *testing.T) {
	for _, test := range []struct {
		name               string
		fault              fault
		required, disabled bool
		layer              string // "" if it can't be stored
		cause              error
	}{
		{"the keychain", works, false, false, InKeychain, nil},
		{"no keychain at all: the file", unavailable, false, false, InFile, nil},
		{"no keychain, and it is required", unavailable, true, false, "", errUnavailable},
		{"the keychain is forbidden", works, false, true, InFile, nil},
		{"a locked keychain is not replaced by the file", locked, false, false, "", errLocked},
		{"nor one that refuses", readOnly, false, false, "", errRefused},
		{"nor one that forgets", forgets, false, false, "", errRefused},
		{"nor one that is silent", hangs, false, false, "", context.DeadlineExceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.put(t, r.keychain, account("old", time.Hour))
				r.keychain.fail(test.fault)
				r.Layers[0].Required, r.Layers[0].Disabled = test.required, test.disabled
				saved, err := r.SignIn(t.Context(), account("new", time.Hour))
				if test.layer == "" {
					wantError(t, err, ErrNotSaved)
					wantError(t, err, test.cause)
					r.wantTokens(t, "old", "")
					if len(saved.Replaced) > 0 || saved.Layer != "" {
						t.Errorf("saved %+v", saved)
					}
					return
				}
				must(t, err)
				if saved.Layer != test.layer || test.layer == InFile && saved.Path == "" || saved.Credential.SavedAt != noon {
					t.Errorf("saved %+v", saved)
				}
				if test.layer == InFile {
					r.wantTokens(t, "old", "new")
				} else {
					r.wantTokens(t, "new", "")
				}
			})
		})
	}
}

func TestPrepareFailsIfASignInCouldNotBeStored(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	r.put(t, r.file, account("f", time.Hour))
	stored, err := r.Prepare(t.Context(), Mogplex)
	must(t, err)
	if got := fmt.Sprint(tokensOf(stored)); got != "[a f]" || slices.Contains(r.keychain.unattended, true) {
		t.Errorf("stored are %s", got)
	}
	r.keychain.fail(locked)
	_, err = r.Prepare(t.Context(), Mogplex)
	wantError(t, err, errLocked)
	r.keychain.fail(unavailable)
	_, err = r.Prepare(t.Context(), Mogplex)
	must(t, err)
}

func TestASignInReportsWhatItReplacedAndRemovesStrays(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("kc", time.Hour))
	r.put(t, r.file, account("stray", time.Hour))
	r.put(t, r.file, apiKey("openai", "o"))
	saved, err := r.SignIn(t.Context(), account("new", time.Hour))
	must(t, err)
	if got := fmt.Sprint(tokensOf(saved.Replaced)); got != "[kc stray]" {
		t.Errorf("replaced %s", got)
	}
	wantWarning(t, saved.Warnings)
	r.wantTokens(t, "new", "")
	if names := r.file.names(); !slices.Equal(names, []string{"openai"}) {
		t.Errorf("the file has %q", names)
	}
	// A stray that can't be removed is not reported as ended.
	r.put(t, r.file, account("stray", time.Hour))
	r.file.fail(readOnly)
	saved, err = r.SignIn(t.Context(), account("newer", time.Hour))
	must(t, err)
	if got := fmt.Sprint(tokensOf(saved.Replaced)); got != "[new]" {
		t.Errorf("replaced %s", got)
	}
	wantWarning(t, saved.Warnings, "another credential may be left in the file")
}

// A sign-in replaces the record stored at its end, not the one stored when it began.
func TestSignInReadsWhatItReplacesUnderTheLock(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("old", time.Hour))
	var once sync.Once
	r.keychain.interfere = func() { once.Do(func() { r.put(t, r.keychain, account("late", time.Hour)) }) }
	saved, err := r.SignIn(t.Context(), account("new", time.Hour))
	must(t, err)
	if got := fmt.Sprint(tokensOf(saved.Replaced)); got != "[late]" {
		t.Errorf("replaced %s", got)
	}
	for i, unattended := range r.keychain.unattended {
		if !unattended {
			t.Errorf("%s may prompt while the lock is held", r.keychain.calls[i])
		}
	}
	r.keychain.interfere = func() { r.put(t, r.keychain, account("late", time.Hour)) }
	saved, err = r.SignIn(t.Context(), account("newer", time.Hour))
	wantError(t, err, ErrConflict)
	if len(saved.Replaced) > 0 {
		t.Errorf("replaced %q", tokensOf(saved.Replaced))
	}
}

func TestADamagedRecordIsReplaced(t *testing.T) {
	r := newRig(t)
	r.keychain.write(r.name(r.keychain, Mogplex), []byte("{"))
	r.file.write(r.name(r.file, Mogplex), []byte(`{"type":"oauth"}`))
	saved, err := r.SignIn(t.Context(), account("new", time.Hour))
	must(t, err)
	if len(saved.Replaced) > 0 {
		t.Errorf("replaced %q", tokensOf(saved.Replaced))
	}
	r.wantTokens(t, "new", "")
	if len(r.file.names()) > 0 {
		t.Errorf("the file has %q", r.file.names())
	}
}

const laterEntry = `{"version":2,"type":"oauth","access_token":"later","issuer":"` + testOrigin + `","revision":"s.1.n"}`

func TestSignInKeepsARecordOfALaterVersion(t *testing.T) {
	r := newRig(t)
	r.keychain.write(r.name(r.keychain, Mogplex), []byte(laterEntry))
	_, early := r.Prepare(t.Context(), Mogplex)
	_, err := r.SignIn(t.Context(), account("new", time.Hour))
	for _, err := range []error{early, err} { // before anyone begins, too
		wantError(t, err, ErrNotSaved)
		wantError(t, err, ErrLater)
	}
	r.wantTokens(t, "later", "")
	r = newRig(t)
	r.file.write(r.name(r.file, Mogplex), []byte(laterEntry))
	saved, err := r.SignIn(t.Context(), account("new", time.Hour))
	must(t, err)
	wantWarning(t, saved.Warnings, ErrLater.Error())
	r.wantTokens(t, "new", "later")
	removals, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	if !removals[0].Removed || !removals[1].Removed {
		t.Errorf("removals %+v", removals)
	}
	r.wantTokens(t, "", "")
}

// Another program's key is neither replaced nor reported as replaced.
func TestSignInKeepsAnotherProgramsKey(t *testing.T) {
	r := newRig(t)
	r.Layers[0].Disabled = true
	r.put(t, r.file, apiKey("openai", "theirs"))
	r.file.foreign["openai"] = true
	saved, err := r.SignIn(t.Context(), apiKey("openai", "ours"))
	must(t, err)
	if len(saved.Replaced) > 0 || saved.Credential.Issuer != "" {
		t.Errorf("saved %+v", saved)
	}
}

func TestEndedSkipsSessionsStillInUse(t *testing.T) {
	old, same, sameRefresh := account("old", 0), account("new", 0), account("other", 0)
	sameRefresh.Refresh = NewSecret("refresh-new")
	s := Saved{Credential: account("new", time.Hour), Replaced: []Credential{old, same, sameRefresh, apiKey("openai", "k")}}
	if got := fmt.Sprint(tokensOf(s.Ended())); got != "[old k]" {
		t.Errorf("ended are %s", got)
	}
	s.KeepSessions = true
	if len(s.Ended()) > 0 {
		t.Error("sessions are ended for a credential that nobody checked")
	}
}

// Of concurrent sign-ins each but the last is reported as replaced, so that no
// session is left unrevoked.
func TestConcurrentSignInsLeaveOneSession(t *testing.T) {
	r := newRig(t)
	const people = 20
	var mu sync.Mutex
	var replaced []string
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			own := *r.Manager
			saved, err := own.SignIn(t.Context(), account(fmt.Sprint(i), time.Hour))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			replaced = append(replaced, tokensOf(saved.Replaced)...)
		})
	}
	wg.Wait()
	all := append(replaced, r.token(r.keychain))
	slices.Sort(all)
	if len(slices.Compact(all)) != people {
		t.Errorf("replaced %q; stored is %q", replaced, r.token(r.keychain))
	}
}
