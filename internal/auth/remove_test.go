package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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

// A keychain prompts only while no lock is held: before, to unlock it, and afterwards,
// to confirm a deletion.
func TestRemovePromptsOnlyOutsideTheLock(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	tidied := errors.New("the person refused")
	r.Layers[0].Tidy = func(ctx context.Context) error {
		if ctx.Value(unattended{}) != nil {
			t.Error("the context is unattended")
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
		if r.keychain.unattended[i] != (i > 0) {
			t.Errorf("%s: unattended %v", call, r.keychain.unattended[i])
		}
	}
}

func TestRemoveReportsAnotherProgramsKey(t *testing.T) {
	r := newRig(t)
	r.put(t, r.file, apiKey("openai", "theirs"))
	r.file.foreign["openai"] = true
	removals, err := r.Remove(t.Context(), r.Key("openai"))
	must(t, err)
	if g := removals[1]; g.Removed || !g.Foreign || g.State != Present || len(g.Held) > 0 {
		t.Errorf("removal %+v", g)
	}
}

func TestRemoveListedRemovesEveryListedRecord(t *testing.T) {
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
// store the removed record again.
func TestRemoveListedTakesTheLockOfItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.put(t, r.keychain, account("a", time.Hour))
		lock := r.mustLock(t)
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

// unreachableAfter makes a place unreachable at its next call of a kind.
func (m *memory) unreachableAfter(call string) {
	m.before = func(now string) {
		if strings.HasPrefix(now, call) {
			m.fail(unavailable)
		}
	}
}

// A keychain that disappears still holds its items: a sign-out without it fails.
func TestRemoveFailsIfTheKeychainDisappears(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	r.keychain.unreachableAfter("get")
	removals, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	if got := removals[0]; !got.Failed() || got.State != Unavailable || got.Removed {
		t.Errorf("%+v", got)
	}
	r.keychain.fail(works)
	r.keychain.unreachableAfter("all")
	list, err := r.List(t.Context(), InKeychain)
	must(t, err)
	if got := r.RemoveListed(t.Context(), InKeychain, list[0]); !got.Failed() || got.State != Unavailable || got.Removed {
		t.Errorf("listed: %+v", got)
	}
	r.wantTokens(t, "a", "")
}
