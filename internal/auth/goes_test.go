package auth

import (
	"strings"
	"testing"
	"time"
)

// goesAfter has a place that can't be reached any more after its next call of a
// kind.
func (m *memory) goesAfter(call string) {
	m.before = func(now string) {
		if strings.HasPrefix(now, call) {
			m.fail(unavailable)
		}
	}
}

// A keychain that is there and then goes away holds what it held: that is no
// sign-out without a keychain.
func TestAKeychainThatGoesAwayDuringARemovalIsAFailure(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	r.keychain.goesAfter("get")
	removals, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
	if got := removals[0]; !got.Failed() || got.State != Unavailable || got.Removed {
		t.Errorf("%+v", got)
	}
	r.keychain.fail(works)
	r.keychain.goesAfter("all")
	list, err := r.List(t.Context(), InKeychain)
	must(t, err)
	if got := r.RemoveListed(t.Context(), InKeychain, list[0]); !got.Failed() || got.State != Unavailable || got.Removed {
		t.Errorf("listed: %+v", got)
	}
	r.wantTokens(t, "a", "")
}
