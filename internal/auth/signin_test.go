package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhereASignInIsStored(t *testing.T) {
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

func TestPrepareEndsASignInThatCouldNotBeStored(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	r.put(t, r.file, account("f", time.Hour))
	stored, err := r.Prepare(t.Context(), Mogplex)
	must(t, err)
	if got := fmt.Sprint(tokensOf(stored)); got != "[a f]" || slices.Contains(r.keychain.alone, true) {
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

// A sign-in replaces what is stored at its end, not what was stored when it began.
func TestWhatIsReplacedIsReadInsideTheLock(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("old", time.Hour))
	var once sync.Once
	r.keychain.behind = func() { once.Do(func() { r.put(t, r.keychain, account("late", time.Hour)) }) }
	saved, err := r.SignIn(t.Context(), account("new", time.Hour))
	must(t, err)
	if got := fmt.Sprint(tokensOf(saved.Replaced)); got != "[late]" {
		t.Errorf("replaced %s", got)
	}
	for i, alone := range r.keychain.alone {
		if !alone {
			t.Errorf("%s may ask a person inside the lock", r.keychain.calls[i])
		}
	}
	r.keychain.behind = func() { r.put(t, r.keychain, account("late", time.Hour)) }
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

func TestASignInLeavesWhatALaterVersionStored(t *testing.T) {
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
func TestASignInGoesBesideAnotherProgramsKey(t *testing.T) {
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

func TestOnlySessionsThatEndedAreToBeRevoked(t *testing.T) {
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

func TestRemove(t *testing.T) {
	for _, test := range []struct {
		name            string
		token           string
		fault           fault
		required        bool
		state           State
		removed, failed bool
	}{
		{"there", "a", works, false, Absent, true, false},
		{"not there", "", works, false, Absent, false, false},
		{"locked", "a", locked, false, Locked, false, true},
		{"says yes and removes nothing", "a", forgets, false, Denied, false, true},
		{"only reads", "a", readOnly, false, Denied, false, true},
		{"can't be reached", "a", unavailable, false, Unavailable, false, false},
		{"required and can't be reached", "a", unavailable, true, Unavailable, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			if test.token != "" {
				r.put(t, r.keychain, account(test.token, time.Hour))
			}
			r.put(t, r.file, account("f", time.Hour))
			r.put(t, r.file, apiKey("openai", "o"))
			r.keychain.fail(test.fault)
			r.Layers[0].Required = test.required
			removals, err := r.Remove(t.Context(), r.Key(Mogplex))
			must(t, err)
			if g := removals[0]; g.Layer != InKeychain || g.State != test.state || g.Removed != test.removed || g.Failed() != test.failed || len(g.Held) > 0 != test.removed {
				t.Errorf("keychain: %+v", g)
			}
			if g := removals[1]; g.Layer != InFile || g.State != Absent || !g.Removed || g.Failed() || fmt.Sprint(tokensOf(g.Held)) != "[f]" {
				t.Errorf("the file after it: %+v", g)
			}
			if left := r.file.names(); !slices.Equal(left, []string{"openai"}) {
				t.Errorf("the file has %q", left)
			}
		})
	}
}

// A keychain asks a person only while no lock is held: before, to unlock it, and
// afterwards, to confirm a deletion.
func TestARemovalAsksAPersonOutsideTheLockAlone(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	tidied := errors.New("the person refused")
	r.Layers[0].Tidy = func(ctx context.Context) error {
		if ctx.Value(alone{}) != nil {
			t.Error("nobody may be asked")
		}
		lock, err := r.lock(ctx, r.Key(Mogplex), 10*time.Millisecond, r.all(), nil)
		must(t, err)
		lock.Unlock()
		return tidied
	}
	removals, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	wantError(t, removals[0].Err, tidied)
	for i, call := range r.keychain.calls {
		if r.keychain.alone[i] != (i > 0) {
			t.Errorf("%s: nobody may be asked: %v", call, r.keychain.alone[i])
		}
	}
}

func TestASignOutSaysThatAnotherProgramsKeyIsLeft(t *testing.T) {
	r := newRig(t)
	r.put(t, r.file, apiKey("openai", "theirs"))
	r.file.foreign["openai"] = true
	removals, err := r.Remove(t.Context(), r.Key("openai"))
	must(t, err)
	if g := removals[1]; g.Removed || !g.Foreign || g.State != Present || len(g.Held) > 0 {
		t.Errorf("removal %+v", g)
	}
}

func TestRemoveListedTakesWhateverIsListed(t *testing.T) {
	r := newRig(t)
	other := *r.Manager
	other.Origin, other.Profile = "https://other.test", "work"
	other.Dir = &Directory{Path: filepath.Join(t.TempDir(), "state"), UserHome: t.TempDir}
	must(t, os.MkdirAll(filepath.Join(other.Dir.Path, "profiles", "work", "locks"), 0o700))
	_, err := other.SignIn(t.Context(), account("other", time.Hour))
	must(t, err)
	r.put(t, r.keychain, account("a", time.Hour))
	r.put(t, r.keychain, apiKey("openai", "o"))
	r.keychain.write("groq.d_damaged", []byte("{"))
	r.keychain.write("mogplex.o_later", []byte(laterEntry))
	r.keychain.write("seal", []byte("not ours to remove here"))
	list, err := r.List(t.Context(), InKeychain)
	must(t, err)
	if len(list) != 5 {
		t.Fatalf("listed %+v", list)
	}
	var held []string
	for _, item := range list {
		if item.Record.Token.Reveal() == "other" && (item.Key.Dir != other.Dir.Path || item.Key.Profile != "work" || item.Key.Origin != "https://other.test") {
			t.Errorf("the other is listed as %+v", item.Key)
		}
		done := r.RemoveListed(t.Context(), InKeychain, item)
		if done.Failed() || !done.Removed || done.State != Absent {
			t.Errorf("%s: %+v", item.Key.Account(), done)
		}
		held = append(held, tokensOf(done.Held)...)
	}
	slices.Sort(held)
	if names := r.keychain.names(); !slices.Equal(names, []string{"seal"}) || fmt.Sprint(held) != "[a later o other]" {
		t.Errorf("left are %q; held were %q", names, held)
	}
}

// RemoveListed waits for a renewal in another profile, so that the renewal does not
// restore what was removed.
func TestRemoveListedTakesTheLockOfItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, r.keychain, account("a", time.Hour))
		lock, err := r.lock(t.Context(), r.Key(Mogplex), time.Second, r.all(), nil)
		must(t, err)
		list, err := r.List(t.Context(), InKeychain)
		must(t, err)
		time.AfterFunc(10*time.Second, lock.Unlock)
		start := time.Now()
		done := r.RemoveListed(t.Context(), InKeychain, list[0])
		if took := time.Since(start); !done.Removed || took < 10*time.Second {
			t.Errorf("after %s: %+v", took, done)
		}
	})
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
