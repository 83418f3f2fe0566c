package auth

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// watched is a manager on a directory, which tells of its file too.
func watched(dir string) *Manager {
	m := fileManager(dir, "")
	m.Layers[0].Path = dirStore{dir}.path(Mogplex)
	return m
}

// told waits until the watch tells of a change. That it does so within a second
// is TestThePollTellsWithinASecond's: this machine may have other things to do.
func told(t *testing.T, w <-chan struct{}) {
	t.Helper()
	select {
	case <-w:
	case <-time.After(time.Minute):
		t.Fatal("nothing was told")
	}
}

// another runs one change in a process of its own to its end.
func another(t *testing.T, role, dir string) {
	t.Helper()
	cmd, out := start(t, role, dir, "")
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v: %s", role, err, out)
	}
}

// movable skips where a directory that is watched can't be moved or made anew.
func movable(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps a directory for as long as someone has it open")
	}
}

// The poll alone, which the system's notifications only hasten, tells of a change
// within a second, whenever that comes.
func TestThePollTellsWithinASecond(t *testing.T) {
	stamp := filepath.Join(t.TempDir(), stampName)
	synctest.Test(t, func(t *testing.T) {
		w := watch{paths: []string{stamp}, changed: make(chan struct{}, 1)}
		w.look()
		go w.run(t.Context())
		for pause := range 20 {
			time.Sleep(time.Duration(pause) * 50 * time.Millisecond)
			must(t, os.WriteFile(stamp, make([]byte, pause), 0o600))
			changed := time.Now()
			<-w.changed
			if took := time.Since(changed); took > time.Second {
				t.Errorf("told after %s", took)
			}
		}
	})
}

func TestEveryChangeIsTold(t *testing.T) {
	put := func(t *testing.T, dir string) { another(t, "store", dir) }
	for _, c := range []struct {
		name           string
		before, change func(t *testing.T, dir string)
	}{
		{"another process stores the first credential", nil, put},
		{"another process stores again", put, put},
		{"another process removes it", put, func(t *testing.T, dir string) { another(t, "remove", dir) }},
		{"this process removes it", put, func(t *testing.T, dir string) { watched(dir).Remove(t.Context(), Mogplex) }},
		{"the directory is created later", func(t *testing.T, dir string) { must(t, os.Remove(dir)) },
			func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o700)); put(t, dir) }},
		{"the directory is removed", put, func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) }},
		{"the directory is another one", put, func(t *testing.T, dir string) {
			movable(t)
			must(t, os.Rename(dir, dir+".away"))
			must(t, os.Mkdir(dir, 0o700))
			put(t, dir)
		}},
		{"someone puts another file in its place", put, func(t *testing.T, dir string) {
			path := dirStore{dir}.path(Mogplex)
			must(t, os.WriteFile(path+".new", []byte("{}"), 0o600))
			must(t, os.Rename(path+".new", path))
		}},
		{"someone writes into the file", put, func(t *testing.T, dir string) {
			must(t, os.WriteFile(dirStore{dir}.path(Mogplex), []byte("{ }"), 0o600))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			must(t, os.Mkdir(dir, 0o700))
			if c.before != nil {
				c.before(t, dir)
			}
			w := watched(dir).Watch(t.Context())
			c.change(t, dir)
			told(t, w)
		})
	}
}

// A process that is killed as soon as the credential is gone, before it can say
// so, has not kept the others from noticing.
func TestASignOutThatIsKilledIsTold(t *testing.T) {
	dir := t.TempDir()
	another(t, "store", dir)
	m := fileManager(dir, "") // its stamp alone tells, as where the credential is in a keychain
	w := m.Watch(t.Context())
	cmd, _ := start(t, "killed", dir, "")
	_ = cmd.Wait()
	told(t, w)
	_, err := m.Resolve(t.Context(), Query{})
	wantError(t, err, ErrNotSignedIn)
}

// A directory that was removed and made again is watched as the first was.
func TestWatchSurvivesItsDirectory(t *testing.T) {
	movable(t)
	dir := filepath.Join(t.TempDir(), "state")
	w := watched(dir).Watch(t.Context())
	for range 3 {
		must(t, os.Mkdir(dir, 0o700))
		another(t, "store", dir)
		told(t, w)
		must(t, os.RemoveAll(dir))
		told(t, w)
	}
}

// Whatever else happens in the directory is nobody's business.
func TestOtherFilesAreNotTold(t *testing.T) {
	dir := t.TempDir()
	another(t, "store", dir)
	m := watched(dir)
	w := watch{paths: []string{filepath.Join(m.LockDir, stampName), m.Layers[0].Path}}
	w.look()
	unlock, err := m.Lock(t.Context(), Mogplex, LockWait)
	must(t, err)
	unlock()
	must(t, os.WriteFile(filepath.Join(dir, "models.remote.json"), []byte("{}"), 0o600))
	if w.look() {
		t.Error("a change of other files was told")
	}
	m.Announce()
	if !w.look() {
		t.Error("a change was not told")
	}
}

// Whoever holds a credential and follows the watch has dropped it after fifty
// processes signed out at once, and was told a few times.
func TestFiftySignOutsAtOnce(t *testing.T) {
	dir := t.TempDir()
	another(t, "store", dir)
	m := watched(dir)
	w := m.Watch(t.Context())
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { another(t, "remove", dir) })
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	for times, gone := 0, false; ; {
		select {
		case <-w:
			times++
			_, err := m.Resolve(t.Context(), Query{})
			gone = errors.Is(err, ErrNotSignedIn)
			continue
		case <-ended:
			if !gone {
				told(t, w)
				_, err := m.Resolve(t.Context(), Query{})
				wantError(t, err, ErrNotSignedIn)
			}
		}
		t.Logf("told %d times", times)
		return
	}
}

// A place where no stamp can be written is no failure, and nothing is written
// anywhere else.
func TestAnnounceIsBestEffort(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(dir, "elsewhere")
	for name, plant := range map[string]func(stamp string) error{
		"no directory":    func(stamp string) error { return os.Remove(filepath.Dir(stamp)) },
		"a dangling link": func(stamp string) error { return os.Symlink(elsewhere, stamp) },
		"a directory":     func(stamp string) error { return os.Mkdir(stamp, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			m := watched(filepath.Join(dir, name))
			must(t, os.MkdirAll(m.LockDir, 0o700))
			if err := plant(filepath.Join(m.LockDir, stampName)); err != nil {
				t.Skip(err)
			}
			m.Announce()
			if _, err := os.Stat(elsewhere); err == nil {
				t.Error("something was written elsewhere")
			}
		})
	}
}
