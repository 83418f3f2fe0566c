package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
)

func TestReplaceWritesEverythingOrNothing(t *testing.T) {
	path := stateFile(t)
	for _, text := range []string{"one", "", "a longer one"} {
		must(t, Replace(path, []byte(text)))
		data, err := Read(path, 100, nil)
		if string(data) != text || err != nil {
			t.Errorf("%q became %q, %v", text, data, err)
		}
	}
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"file"}) {
		t.Errorf("left %q", got)
	}
	full := filepath.Join(filepath.Dir(path), "full")
	must(t, os.MkdirAll(filepath.Join(full, "x"), 0o700))
	if err := Replace(full, nil); err == nil {
		t.Error("a directory with something in it was replaced")
	}
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"file", "full"}) {
		t.Errorf("left %q", got)
	}
}

func TestCreateOverwritesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, Create(path, []byte("one")))
	if err := Create(path, []byte("two")); !errors.Is(err, fs.ErrExist) || content(t, path) != "one" {
		t.Errorf("got %v", err)
	}
	must(t, Remove(path))
	if err := Remove(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestReadersSeeTheOldContentOrTheNew(t *testing.T) {
	path := stateFile(t)
	must(t, Replace(path, []byte("0000")))
	var turn sync.Mutex // on Windows, where two renames at once can fail
	write := func(text []byte) error {
		if runtime.GOOS == "windows" {
			turn.Lock()
			defer turn.Unlock()
		}
		return Replace(path, text)
	}
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for n := range 20 {
				if err := write(fmt.Appendf(nil, "%02d%02d", w, n)); err != nil {
					t.Error(err)
				}
				if data, err := Read(path, 100, nil); len(data) != 4 || err != nil {
					t.Errorf("read %q, %v", data, err)
				}
			}
		})
	}
	all.Wait()
	if got := names(t, filepath.Dir(path)); !slices.Equal(got, []string{"file"}) {
		t.Errorf("left %q", got)
	}
}

func TestAReservationIsForOneReplace(t *testing.T) {
	path := stateFile(t)
	r, err := Reserve(path, 5000)
	must(t, err)
	must(t, Replace(path, []byte("another writer's")))
	if got := names(t, filepath.Dir(path)); len(got) != 2 || r.Path() != path {
		t.Errorf("a reservation in use was removed: %q", got)
	}
	must(t, r.Replace([]byte("mine")))
	r.Release()
	if got := names(t, filepath.Dir(path)); content(t, path) != "mine" || len(got) != 1 {
		t.Errorf("%q in %q", content(t, path), got)
	}
	r, err = Reserve(path, 5000)
	must(t, err)
	r.Release()
	r.Release()
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left %q", got)
	}
}

func TestSweepRemovesFilesOfKilledWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	abandoned, other := filepath.Join(dir, ".file.tmp-LEFT"), filepath.Join(dir, ".other.tmp-LEFT")
	for _, name := range []string{abandoned, other, filepath.Join(dir, ".file.tmp-HELD")} {
		must(t, os.WriteFile(name, []byte("secret"), 0o600))
	}
	must(t, os.Mkdir(filepath.Join(dir, ".file.tmp-DIR"), 0o700))
	held, err := os.OpenFile(filepath.Join(dir, ".file.tmp-HELD"), os.O_RDWR, 0)
	must(t, err)
	defer held.Close()
	Hold(held)
	if got := Leftovers(path); !slices.Equal(got, []string{abandoned}) {
		t.Errorf("leftovers: %q", got)
	}
	Sweep(path)
	if got := names(t, dir); !slices.Equal(got, []string{".file.tmp-DIR", ".file.tmp-HELD", ".other.tmp-LEFT"}) {
		t.Errorf("left %q", got)
	}
}
