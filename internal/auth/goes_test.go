package auth

import (
	"os"
	"path/filepath"
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

// A directory that is removed while a process uses it has the same id again, so
// that what that process stores is found by others. One that another process made
// in its place is that one.
func TestADirectoryThatIsRemovedKeepsItsID(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	running := aDirectory(path)
	id := makeID(t, running)
	must(t, os.RemoveAll(path))
	if again := makeID(t, running); again != id || aDirectory(path).ID() != id {
		t.Errorf("the id %q became %q, and is %q for others", id, again, aDirectory(path).ID())
	}
	must(t, os.RemoveAll(path))
	other := makeID(t, aDirectory(path))
	if again := makeID(t, running); again != other || other == id {
		t.Errorf("the id is %q, and %q for others", again, other)
	}
}

// A user without a home has no directory of plain names, whatever directory the
// command runs in.
func TestWithoutAHomeNoDirectoryHasPlainNames(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	must(t, os.Mkdir(".mogplex", 0o700))
	d := &Directory{Path: filepath.Join(home, ".mogplex"), UserHome: func() string { return "" }}
	if id := makeID(t, d); !randomID.MatchString(id) {
		t.Errorf("the id is %q", id)
	}
}
