package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// These tests inject a fault at each step of each operation: before a call or a write,
// or after a write that succeeded. One step fails, or every step until the operation
// ends. No sign-in may be lost and no false result returned.

// faults are the errors of the failing steps.
var faults = []error{errLocked, errUnavailable, errRefused, context.DeadlineExceeded}

// eachFault runs test on new rigs, with the fault one step later each time, until the
// operation ends before the fault.
func eachFault(t *testing.T, prepare func(*testing.T) *rig, test func(t *testing.T, r *rig, heal func())) {
	for _, cause := range faults {
		for _, once := range []bool{true, false} {
			for steps := 0; ; steps++ {
				met := false
				t.Run(fmt.Sprintf("%v/once %v/%d", cause, once, steps), func(t *testing.T) {
					r := prepare(t)
					heal := func() { met = r.injector.restart() || met }
					r.injector.failAfter(steps, cause, once)
					test(t, r, heal)
				})
				if !met {
					break
				}
			}
		}
	}
}

// wantSignedIn fails unless the next command gets a token that works.
func (r *rig) wantSignedIn(t *testing.T) {
	t.Helper()
	res, err := r.Token(t.Context(), Query{Provider: Mogplex}, time.Minute)
	if err != nil || !r.works(res.Credential) {
		t.Errorf("then: token %q, %v, %v", res.Credential.Token.Reveal(), res.NotRenewed, err)
	}
}

// works reports whether the service accepts the token and its refresh token.
func (r *rig) works(c Credential) bool {
	return !c.Expired(r.Now()) && (c.Token.Reveal() == "a" || c.Refresh.Reveal() == r.service.valid)
}

func TestAFaultAtAnyStepOfARenewalLosesNothing(t *testing.T) {
	for name, ttl := range map[string]time.Duration{"expired": -time.Second, "due": 30 * time.Second} {
		for _, where := range []string{InKeychain, InFile, InDisplaced} {
			t.Run(name+" in the "+where, func(t *testing.T) {
				eachFault(t, func(t *testing.T) *rig {
					r := newRig(t)
					switch where {
					case InKeychain:
						r.put(t, r.keychain, account("a", ttl))
					case InFile:
						r.put(t, r.file, account("a", ttl))
					case InDisplaced:
						r.displaceIt(t)
						r.keychain.fail(works)
						if ttl > 0 {
							r.Now = func() time.Time { return noon.Add(time.Hour + time.Second) }
						}
					}
					return r
				}, func(t *testing.T, r *rig, heal func()) {
					res, err := r.Token(t.Context(), Query{Provider: Mogplex}, time.Minute)
					heal()
					if err == nil && !r.works(res.Credential) {
						t.Errorf("it returned %q", res.Credential.Token.Reveal())
					}
					absent := errors.Is(err, ErrNotSignedIn) && !slices.ContainsFunc(res.Findings, func(f Finding) bool { return f.State == Unavailable })
					if absent || errors.Is(err, ErrRejected) {
						t.Errorf("it returned %v", err)
					}
					if slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.Contains(w, "is lost when this command ends") }) {
						return
					}
					r.wantSignedIn(t)
				})
			})
		}
	}
}

func TestAFaultAtAnyStepOfASignInLosesNothing(t *testing.T) {
	eachFault(t, func(t *testing.T) *rig {
		r := newRig(t)
		r.put(t, r.keychain, account("a", time.Hour))
		r.put(t, r.file, account("stray", time.Hour))
		return r
	}, func(t *testing.T, r *rig, heal func()) {
		saved, err := r.SignIn(t.Context(), account("new", time.Hour))
		heal()
		in := map[string]string{r.token(r.keychain): InKeychain, r.token(r.file): InFile}
		switch {
		case err == nil && in["new"] != saved.Layer:
			t.Errorf("reported as stored in the %q: %v", saved.Layer, in)
		case err != nil && in["new"] != "" && in["new"] != NotSavedIn(err):
			t.Errorf("reported as not stored, but in the %s: %v", in["new"], err)
		case err != nil && in["a"] == "" && in["new"] == "":
			t.Errorf("both are lost: %v", in)
		}
		for _, old := range tokensOf(saved.Replaced) {
			if in[old] != "" {
				t.Errorf("%q is reported as replaced, but in the %s", old, in[old])
			}
		}
		for old := range in {
			if err == nil && old != "" && old != "new" && len(saved.Warnings) == 0 {
				t.Errorf("%q is left in the %s without a warning", old, in[old])
			}
		}
		for _, old := range []string{"a", "stray"} {
			if err == nil && in[old] == "" && !slices.Contains(tokensOf(saved.Replaced), old) && len(saved.Warnings) == 0 {
				t.Errorf("%q is gone without a warning", old)
			}
		}
	})
}

func TestAFaultAtAnyStepOfARemovalIsReported(t *testing.T) {
	for _, displaced := range []bool{false, true} {
		eachFault(t, func(t *testing.T) *rig {
			r := newRig(t)
			if displaced {
				r.displaceIt(t)
				r.keychain.fail(works)
			} else {
				r.put(t, r.keychain, account("a", time.Hour))
			}
			r.put(t, r.file, account("stray", time.Hour))
			return r
		}, func(t *testing.T, r *rig, heal func()) {
			removals, err := r.Remove(t.Context(), r.Key(Mogplex))
			heal()
			must(t, err)
			for i, m := range []*memory{r.keychain, r.file} {
				got, left := removals[i], r.token(m) != ""
				if left && (!got.Failed() && got.State != Unavailable || got.Removed) {
					t.Errorf("%q is left: %+v", r.token(m), got)
				}
				if !left && got.Removed && len(got.Held) == 0 {
					t.Errorf("removed, but not in Held: %+v", got)
				}
				if displaced && i == 0 && got.Removed && !got.Failed() && !slices.Contains(tokensOf(got.Held), "new1") && r.displaced.read(r.name(r.displaced, Mogplex)) == nil {
					t.Errorf("the displaced token is not in Held: %+v", got)
				}
			}
		})
	}
}

func TestAFaultAtAnyStepOfAMoveLosesNothing(t *testing.T) {
	for _, to := range []string{InKeychain, InFile} {
		eachFault(t, func(t *testing.T) *rig {
			r := newRig(t)
			from := r.keychain
			if to == InKeychain {
				from = r.file
			}
			r.put(t, from, account("a", time.Hour))
			return r
		}, func(t *testing.T, r *rig, heal func()) {
			from, dest := r.keychain, r.file
			how := Move{From: InKeychain, To: InFile}
			if to == InKeychain {
				from, dest, how = r.file, r.keychain, Move{From: InFile, To: InKeychain}
			}
			done := r.Move(t.Context(), r.Key(Mogplex), how)
			heal()
			if done.Outcome == MoveDone && (r.token(from) != "" || r.token(dest) != "a") || done.Outcome == MoveFailed == (done.Err == nil) {
				t.Errorf("%+v", done)
			}
			r.wantSignedIn(t)
			if again := r.Move(t.Context(), r.Key(Mogplex), how); again.Outcome == MoveFailed || r.token(from) != "" || r.token(dest) != "a" {
				t.Errorf("again: %+v", again)
			}
		})
	}
}
