package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// goesAfter makes a place unreachable after its next call of a kind.
func (m *memory) goesAfter(call string) {
	m.before = func(now string) {
		if strings.HasPrefix(now, call) {
			m.fail(unavailable)
		}
	}
}

// A keychain that disappears still holds its items: a sign-out without it fails.
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

// A directory that is removed while a process uses it gets the same id again, so
// that others find what the process stores. If another process made a new one, its
// id is used.
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

// Without a home no directory has plain names, whatever directory the command runs
// in.
func TestWithoutAHomeNoDirectoryHasPlainNames(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	must(t, os.Mkdir(".mogplex", 0o700))
	d := &Directory{Path: filepath.Join(home, ".mogplex"), UserHome: func() string { return "" }}
	if id := makeID(t, d); !randomID.MatchString(id) {
		t.Errorf("the id is %q", id)
	}
}

// With an id file that can't be read every operation fails: the keychain may hold
// items of the directory, and none may be stored beside them.
func TestWithADamagedIDNothingIsSaidToBeAbsent(t *testing.T) {
	for _, text := range []string{"", "x", strings.Repeat("a", 5000)} {
		r := newRig(t)
		r.Dir.UserHome = t.TempDir
		_, err := r.SignIn(t.Context(), account("a", time.Hour))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(r.dir, "id"), []byte(text), 0o600))
		r.Dir = aDirectory(r.dir) // another process
		_, err = r.Token(t.Context(), Query{}, time.Minute)
		wantError(t, err, ErrBadID)
		_, err = r.Prepare(t.Context(), Mogplex)
		wantError(t, err, ErrBadID)
		_, err = r.SignIn(t.Context(), account("b", time.Hour))
		wantError(t, err, ErrBadID)
		_, err = r.Movable(t.Context(), Move{From: InKeychain, To: InFile})
		wantError(t, err, ErrBadID)
		removals, err := r.Remove(t.Context(), r.Key(Mogplex))
		must(t, err)
		if !removals[0].Failed() || removals[1].Failed() {
			t.Errorf("%+v", removals)
		}
		if names := append(r.keychain.names(), r.file.names()...); len(names) != 1 {
			t.Errorf("stored is %q", names)
		}
		list, err := r.List(t.Context(), InKeychain)
		must(t, err)
		if done := r.RemoveListed(t.Context(), InKeychain, list[0]); !done.Removed || done.Failed() {
			t.Errorf("a sign-out of everything: %+v", done)
		}
	}
}

// The id file may be a link, as dotfile managers make it.
func TestALinkedIDIsFollowed(t *testing.T) {
	path := t.TempDir()
	id := makeID(t, aDirectory(path))
	file, elsewhere := filepath.Join(path, "id"), filepath.Join(t.TempDir(), "id")
	must(t, os.Rename(file, elsewhere))
	if err := os.Symlink(elsewhere, file); err != nil {
		t.Skip(err)
	}
	if got := makeID(t, aDirectory(path)); got != id {
		t.Errorf("the id is %q; want %q", got, id)
	}
}

// A machine without a common lock signs in during the request and stores its record
// in the other store. The renewal uses that record instead of reporting a sign-out.
func TestASignInElsewhereWhileTheServiceAnsweredIsFound(t *testing.T) {
	r := newRig(t)
	r.put(t, r.file, account("a", -time.Second))
	r.service.during = func() {
		r.put(t, r.keychain, account("b", time.Hour))
		r.file.write(r.name(r.file, Mogplex), nil)
	}
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "b")
	r.revoked.want(t, "new1")
}

// A migration to the file was interrupted, and then a renewal in the keychain left
// a displaced answer. Moving back keeps that answer, not the file's copy.
func TestAMoveOverARecordWhoseAnswerWaitsKeepsTheAnswer(t *testing.T) {
	r := newRig(t)
	before := r.put(t, r.keychain, account("a", -time.Second))
	left := before
	left.Revision = before.Revision.next()
	r.putRecord(t, r.file, left)
	r.service.during = func() { r.keychain.fail(readOnly) }
	_, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	r.keychain.fail(works)
	if done := r.Move(t.Context(), r.Key(Mogplex), Move{From: InFile, To: InKeychain}); done.Outcome != MoveDone {
		t.Errorf("%+v", done)
	}
	res, err := r.Token(t.Context(), Query{}, time.Minute)
	must(t, err)
	wantToken(t, res, "new1")
	r.wantTokens(t, "new1", "")
	r.service.wantCalls(t, 1)
}
