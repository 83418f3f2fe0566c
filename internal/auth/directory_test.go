package auth

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
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

func TestADirectoryIsTheSameWhereverItIs(t *testing.T) {
	base := t.TempDir()
	path := filepath.Join(base, "state")
	must(t, os.Mkdir(path, 0o700))
	id := makeID(t, aDirectory(path))
	if hash := digest(realPath(path)); !randomID.MatchString(id) || id == hash {
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
func TestADirectoryThatCantBeWrittenAtFirst(t *testing.T) {
	for _, used := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "state")
		must(t, os.Mkdir(path, 0o700))
		blocked := filepath.Join(path, "locks") // what root can't write either
		must(t, os.WriteFile(blocked, nil, 0o600))
		hash := digest(realPath(path))
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
func TestNoIDIsMadeWhileTheKeychainCantBeRead(t *testing.T) {
	r := newRig(t)
	r.Dir.UserHome = t.TempDir
	hash := r.Dir.ID()
	made := func() bool {
		r.Dir.MakeID(t.Context(), r.keychainHas)
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
		if id := makeID(t, aDirectory(path)); id != digest(realPath(path)) {
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
		if id != ids[0] || !randomID.MatchString(id) || id == digest(realPath(path)) {
			t.Errorf("the ids are %q", ids)
			break
		}
	}
	must(t, errors.Join(os.Rename(path, path+"2")))
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
