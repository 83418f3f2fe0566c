package account

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/gofrs/flock"

	"github.com/mogplex/mogplex-cli/internal/auth"
)

// A process that can't get the lock in time skips the cache without an error: the other
// process caches its own list.
func TestAListIsNotCachedWithoutTheLock(t *testing.T) {
	dir := t.TempDir()
	locks := filepath.Join(dir, "locks")
	if err := os.Mkdir(locks, 0o700); err != nil {
		t.Fatal(err)
	}
	held := flock.New(filepath.Join(locks, "mogplex.lock"))
	if err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	defer held.Unlock()
	synctest.Test(t, func(t *testing.T) {
		a := &Account{Manager: &auth.Manager{Resolver: auth.Resolver{
			Origin: auth.DefaultOrigin, Dir: &auth.Directory{Path: dir, UserHome: func() string { return dir }},
			Layers: []auth.Layer{{Name: auth.InFile, LockDir: func(auth.Key) string { return locks }}},
		}}}
		save := func(context.Context) error { return errors.New("it was cached without the lock") }
		if err := a.whileActive(t.Context(), "", save); err != nil {
			t.Error(err)
		}
	})
}
