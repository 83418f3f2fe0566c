package auth

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// wantReport waits for the watch to report a change. TestWatchReportsWithinASecond
// checks how soon; elsewhere a busy machine may take longer.
func wantReport(t *testing.T, w <-chan struct{}) {
	t.Helper()
	select {
	case <-w:
	case <-time.After(10 * time.Second):
		t.Fatal("no change was reported")
	}
}

func TestWatchReportsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		w := r.Watch(t.Context())
		for pause := range 20 {
			time.Sleep(time.Duration(pause) * 50 * time.Millisecond)
			if pause%2 == 0 {
				r.announce(r.Key(Mogplex))
			} else {
				must(t, os.WriteFile(r.Layers[1].Path, make([]byte, pause), 0o600))
			}
			changed := time.Now()
			<-w
			if took := time.Since(changed); took > time.Second {
				t.Errorf("reported after %s", took)
			}
		}
	})
}

func TestEveryChangeOfAStoreIsAnnounced(t *testing.T) {
	noIssuer := account("a", time.Hour)
	noIssuer.Issuer = ""
	for name, change := range map[string]func(t *testing.T, r *rig) error{
		"a sign-in": func(t *testing.T, r *rig) error { _, err := r.SignIn(t.Context(), account("a", time.Hour)); return err },
		"a sign-out": func(t *testing.T, r *rig) error {
			r.put(t, r.keychain, account("a", time.Hour))
			_, err := r.Remove(t.Context(), r.Key(Mogplex))
			return err
		},
		"a sign-out of a listed record": func(t *testing.T, r *rig) error {
			r.put(t, r.keychain, account("a", time.Hour))
			list, err := r.List(t.Context(), InKeychain)
			must(t, err)
			return r.RemoveListed(t.Context(), InKeychain, list[0]).Err
		},
		"a renewal": func(t *testing.T, r *rig) error {
			r.put(t, r.keychain, account("a", -time.Second))
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			return err
		},
		"a rejection": func(t *testing.T, r *rig) error {
			r.put(t, r.keychain, account("a", 30*time.Second))
			r.service.valid = "another"
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			return err
		},
		"a displaced token": func(t *testing.T, r *rig) error { r.displaceIt(t); return nil },
		"a displaced token that is stored": func(t *testing.T, r *rig) error {
			r.displaceIt(t)
			r.keychain.fail(works)
			r.oldStamp(t)
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			return err
		},
		"a record that gets its issuer": func(t *testing.T, r *rig) error {
			r.Origin = DefaultOrigin
			r.putRecord(t, r.file, Record{Credential: noIssuer})
			_, err := r.Token(t.Context(), Query{}, time.Minute)
			return err
		},
		"a move": func(t *testing.T, r *rig) error {
			r.put(t, r.keychain, account("a", time.Hour))
			return r.Move(t.Context(), r.Key(Mogplex), toFile).Err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.oldStamp(t)
			must(t, change(t, r))
			info, err := os.Stat(stampOf(r.Key(Mogplex)))
			if err != nil || info.ModTime().Equal(noon) {
				t.Errorf("nothing was announced; %v", err)
			}
		})
	}
}

// oldStamp sets the stamp to a time long ago.
func (r *rig) oldStamp(t *testing.T) {
	r.announce(r.Key(Mogplex))
	must(t, os.Chtimes(stampOf(r.Key(Mogplex)), noon, noon))
}

// A sign-out is also announced before the credential is removed: a process that is
// killed in between announces nothing.
func TestASignOutIsAnnouncedBeforeTheRemoval(t *testing.T) {
	r := newRig(t)
	r.put(t, r.keychain, account("a", time.Hour))
	r.oldStamp(t)
	r.keychain.before = func(call string) {
		info, err := os.Stat(stampOf(r.Key(Mogplex)))
		if must(t, err); call[:3] == "upd" && info.ModTime().Equal(noon) {
			t.Error("the record is removed before the announcement")
		}
	}
	_, err := r.Remove(t.Context(), r.Key(Mogplex))
	must(t, err)
}

func TestWatchSeesEveryChange(t *testing.T) {
	write := func(t *testing.T, r *rig, text string) { must(t, os.WriteFile(r.Layers[1].Path, []byte(text), 0o600)) }
	for name, change := range map[string]func(t *testing.T, r *rig){
		"another manager signs in": func(t *testing.T, r *rig) {
			other := *r.Manager
			_, err := other.SignIn(t.Context(), account("b", time.Hour))
			must(t, err)
		},
		"the directory is removed": func(t *testing.T, r *rig) { must(t, os.RemoveAll(r.dir)) },
		"the directory is another one": func(t *testing.T, r *rig) {
			if err := os.Rename(r.dir, r.dir+".away"); err != nil {
				t.Skip(err) // Windows keeps a directory for as long as someone has it open
			}
			must(t, os.Mkdir(r.dir, 0o700))
			write(t, r, "{}")
		},
		"someone puts another file in its place": func(t *testing.T, r *rig) {
			must(t, os.WriteFile(r.Layers[1].Path+".new", []byte("{}"), 0o600))
			must(t, os.Rename(r.Layers[1].Path+".new", r.Layers[1].Path))
		},
		"someone writes into the file": func(t *testing.T, r *rig) { write(t, r, "{ }") },
		"someone removes the file":     func(t *testing.T, r *rig) { must(t, os.Remove(r.Layers[1].Path)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			write(t, r, "{}")
			r.announce(r.Key(Mogplex))
			w := watch{paths: []string{stampOf(r.Key(Mogplex)), r.Layers[1].Path}}
			w.look()
			if w.look() {
				t.Fatal("a change is reported before there is one")
			}
			change(t, r)
			if !w.look() {
				t.Error("the change is not reported")
			}
		})
	}
}

// The watch ignores other files in the directory.
func TestWatchIgnoresOtherFiles(t *testing.T) {
	r := newRig(t)
	w := watch{paths: []string{stampOf(r.Key(Mogplex)), r.Layers[1].Path}}
	w.look()
	lock := r.mustLock(t)
	lock.Unlock()
	must(t, os.WriteFile(filepath.Join(r.dir, "models.remote.json"), []byte("{}"), 0o600))
	other := r.Key(Mogplex)
	other.Profile = "work"
	r.announce(other)
	if w.look() {
		t.Error("a change of other files was reported")
	}
	r.announce(r.Key(Mogplex))
	if !w.look() {
		t.Error("a change was not reported")
	}
}

// Changes while nobody receives are merged into one report.
func TestWatchBuffersOneChange(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	w := r.Watch(ctx)
	r.announce(r.Key(Mogplex))
	wantReport(t, w)
	cancel()
}

// announce ignores a stamp that can't be written, and writes nothing elsewhere.
func TestAnnounceIsBestEffort(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	for name, plant := range map[string]func(stamp string) error{
		"no directory":    func(stamp string) error { return os.Remove(filepath.Dir(stamp)) },
		"a dangling link": func(stamp string) error { return os.Symlink(elsewhere, stamp) },
		"a directory":     func(stamp string) error { return os.Mkdir(stamp, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if err := plant(stampOf(r.Key(Mogplex))); err != nil {
				t.Skip(err)
			}
			r.announce(r.Key(Mogplex))
			if _, err := os.Stat(elsewhere); err == nil {
				t.Error("something was written elsewhere")
			}
		})
	}
}
