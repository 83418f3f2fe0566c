package auth

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/private"
)

// aDirectory names a state directory of a user whose own is elsewhere, as a
// process does.
func aDirectory(path string) *Directory {
	return &Directory{Path: path, UserHome: func() string { return filepath.Join(filepath.Dir(path), "home-of-nobody") }}
}

func unused(context.Context, string) (bool, error) { return false, nil }

func makeID(t *testing.T, d *Directory) string {
	t.Helper()
	d.MakeID(t.Context(), unused)
	return d.ID()
}

var randomID = regexp.MustCompile(`^[0-9a-f]{32}$`)

func TestAMovedOrLinkedDirectoryKeepsItsID(t *testing.T) {
	base := t.TempDir()
	path := filepath.Join(base, "state")
	must(t, os.Mkdir(path, 0o700))
	id := makeID(t, aDirectory(path))
	if hash := digest(private.RealPath(path)); !randomID.MatchString(id) || id == hash {
		t.Errorf("the id is %q", id)
	}
	moved := filepath.Join(base, "moved")
	must(t, os.Rename(path, moved))
	link := filepath.Join(base, "link")
	if err := os.Symlink(moved, link); err != nil {
		t.Skip(err)
	}
	for _, again := range []string{moved, link, moved + "/", filepath.Join(base, "x", "..", "moved")} {
		if got := aDirectory(again).ID(); got != id {
			t.Errorf("%s: the id is %q; want %q", again, got, id)
		}
		if got := makeID(t, aDirectory(again)); got != id {
			t.Errorf("%s: the id became %q; want %q", again, got, id)
		}
	}
	// Written in capitals, it is still one that a keychain takes.
	must(t, os.WriteFile(filepath.Join(moved, "id"), []byte(strings.ToUpper(id)), 0o600))
	if got := aDirectory(moved).ID(); got != id {
		t.Errorf("the id is %q; want %q", got, id)
	}
}

// Only the directory in the home of the user database has plain names, by whatever
// path it is reached.
func TestOnlyTheUsersOwnDirectoryHasPlainNames(t *testing.T) {
	home := t.TempDir()
	own := filepath.Join(home, ".mogplex")
	must(t, os.Mkdir(own, 0o700))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(own, link); err != nil {
		t.Skip(err)
	}
	otherHome := filepath.Join(t.TempDir(), ".mogplex")
	must(t, os.Mkdir(otherHome, 0o700))
	for path, plain := range map[string]bool{own: true, link: true, otherHome: false} {
		d := &Directory{Path: path, UserHome: func() string { return home }}
		if id := makeID(t, d); (id == "") != plain {
			t.Errorf("%s: the id is %q", path, id)
		}
		_, err := os.Stat(filepath.Join(path, "id"))
		if (err != nil) != plain {
			t.Errorf("%s: the id file: %v", path, err)
		}
	}
	// One that does not exist yet, too.
	must(t, os.Remove(own))
	if id := makeID(t, &Directory{Path: own, UserHome: func() string { return home }}); id != "" {
		t.Errorf("the id is %q", id)
	}
}

// A directory that can't be written uses the hash of its path. If the keychain has
// items under the hash, it becomes the id once the directory is writable.
func TestAReadOnlyDirectoryUsesTheHashOfItsPath(t *testing.T) {
	for _, used := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "state")
		must(t, os.Mkdir(path, 0o700))
		blocked := filepath.Join(path, "locks") // root can't write here either
		must(t, os.WriteFile(blocked, nil, 0o600))
		hash := digest(private.RealPath(path))
		if id := makeID(t, aDirectory(path)); id != hash {
			t.Errorf("the id is %q; want the hash %q", id, hash)
		}
		must(t, os.Remove(blocked))
		if id := aDirectory(path).ID(); id != hash {
			t.Errorf("the id is %q; want the hash %q", id, hash)
		}
		d := aDirectory(path)
		d.MakeID(t.Context(), func(_ context.Context, id string) (bool, error) { return used && id == hash, nil })
		if (d.ID() == hash) != used || aDirectory(path).ID() != d.ID() {
			t.Errorf("the id became %q; the hash is %q, in use: %v", d.ID(), hash, used)
		}
	}
}

// A keychain that can't be read may hold items under the hash: no id is written, so
// that they can be found later.
func TestNoIDIsCreatedWhileTheKeychainCantBeRead(t *testing.T) {
	r := newRig(t)
	r.Dir.UserHome = t.TempDir
	hash := r.Dir.ID()
	made := func() bool {
		r.MakeID(t.Context())
		_, err := os.Stat(filepath.Join(r.dir, "id"))
		return err == nil || r.Dir.ID() != hash
	}
	for _, f := range []fault{locked, unavailable} {
		if r.keychain.fail(f); made() {
			t.Errorf("the id is %q", r.Dir.ID())
		}
	}
	r.keychain.fail(works)
	if r.Layers[0].Disabled = true; made() {
		t.Errorf("the keychain is not to be used, and the id is %q", r.Dir.ID())
	}
	if r.Layers[0].Disabled = false; !made() {
		t.Error("no id is made")
	}
}

func TestADamagedIDFileIsNotReplaced(t *testing.T) {
	for _, text := range []string{"", "x", strings.Repeat("a", 31), strings.Repeat("a", 5000)} {
		path := t.TempDir()
		file := filepath.Join(path, "id")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		if id := makeID(t, aDirectory(path)); id != digest(private.RealPath(path)) {
			t.Errorf("%q: the id is %q", text, id)
		}
		if left, _ := os.ReadFile(file); string(left) != text {
			t.Errorf("%q became %q", text, left)
		}
	}
}

func TestConcurrentMakeIDMakesOneID(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	ids := make([]string, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() { ids[i] = makeID(t, aDirectory(path)) })
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || !randomID.MatchString(id) || id == digest(private.RealPath(path)) {
			t.Errorf("the ids are %q", ids)
			break
		}
	}
	must(t, os.Rename(path, path+"2"))
	if id := aDirectory(path + "2").ID(); id != ids[0] {
		t.Errorf("the id is %q; want %q", id, ids[0])
	}
}

// A sign-in in a directory of its own stores under the id that it makes.
func TestASignInMakesTheID(t *testing.T) {
	r := newRig(t)
	r.Dir.UserHome = t.TempDir
	_, err := r.SignIn(t.Context(), account("a", 0))
	must(t, err)
	text, err := os.ReadFile(filepath.Join(r.dir, "id"))
	must(t, err)
	if id := strings.TrimSpace(string(text)); len(r.keychain.names()) != 1 || !strings.HasSuffix(r.keychain.names()[0], ".d_"+id) {
		t.Errorf("the id is %q; the keychain has %q", id, r.keychain.names())
	}
	again := newRig(t)
	again.Dir = aDirectory(r.dir)
	again.keychain.entries = r.keychain.entries
	if again.token(again.keychain) != "a" {
		t.Errorf("another process does not find it under %q", again.Key(Mogplex).Account())
	}
}

// A directory that is removed while a process uses it gets the same id again, so
// that others find what the process stores. If another process made a new one, its
// id is used.
func TestARemovedDirectoryKeepsItsID(t *testing.T) {
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
func TestADamagedIDFileFailsEveryOperation(t *testing.T) {
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
func TestTheIDFileMayBeALink(t *testing.T) {
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
