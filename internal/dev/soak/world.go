package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/callback"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// The modes of MOGPLEX_CREDENTIAL_STORE. The latter two also name the stores.
const (
	auto     = "auto"
	keychain = "keychain"
	file     = "file"
)

var profiles = []string{"default", "work", "ci"}

// key addresses a credential as mogplex does.
type key struct {
	dir     int
	profile string
	service int
}

func (k key) String() string { return fmt.Sprintf("%d/%s/%c", k.dir, k.profile, 'A'+k.service) }

// world is what a round stands on: a user's two state directories, a keychain and two services, all made for it.
type world struct {
	*soak
	ledger   *ledger
	random   *rand.Rand // new in each step, so that a step does not depend on how many choices those before it took
	steps    uint64
	dir      string // all files of the round
	linked   bool   // the second directory's auth.json is a link to the first one's
	mode     string // of most commands
	keyring  *keyringtest.Session
	ports    callback.Ports
	services []*service
	disk     *disk             // that the state directories are on; nil if it is the ordinary one
	clock    atomic.Int64      // offset of mogplex's clock, in nanoseconds
	held     map[key][]*signIn // what the stores gave when they were last asked
}

// pick returns one of several values at random.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// upTo returns a random time below a limit.
func (w *world) upTo(limit time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(limit)))
}

// newWorld sets up a round. Close the world even after an error.
func (s *soak) newWorld(ctx context.Context) (w *world, err error) {
	w = &world{soak: s, held: map[key][]*signIn{}, ports: callback.FreePorts()}
	w.ledger = newLedger(s.report)
	s.rounds++
	s.log = nil
	w.reseed()
	w.mode, w.linked = pick(w.random, auto, auto, auto, keychain, file), pick(w.random, true, false)
	if err := w.makeDirs(); err != nil {
		return w, err
	}
	if w.keyring, err = keyringtest.Start(ctx, filepath.Join(w.dir, "desktop"), keyringtest.Options{}); err != nil {
		return w, err
	}
	for i := range 2 {
		ttl, revocation := pick(w.random, 5*time.Second, 70*time.Second, time.Hour), pick(w.random, true, false)
		w.services = append(w.services, startService(i, w, ttl, revocation))
	}
	w.note("mostly %s, linked %t, tokens live %s and %s, revocation %t and %t, small disk %t", w.mode, w.linked,
		w.services[0].ttl, w.services[1].ttl, w.services[0].revokes, w.services[1].revokes, w.disk != nil)
	return w, nil
}

// reseed begins a step's random choices.
func (w *world) reseed() {
	w.random = rand.New(rand.NewPCG(w.seed, uint64(w.rounds)<<32|w.steps))
	w.steps++
}

func (w *world) makeDirs() (err error) {
	if w.dir, err = os.MkdirTemp(w.soak.dir, "round"); err != nil {
		return err
	}
	for _, name := range []string{"tmp", "desktop", "disk"} {
		if err := os.Mkdir(filepath.Join(w.dir, name), 0o700); err != nil {
			return err
		}
	}
	if pick(w.random, true, false) {
		if w.disk, err = mountDisk(filepath.Join(w.dir, "disk")); err != nil {
			w.disk = nil
			w.say("Left out: the full and the read-only disk, because a small disk cannot be mounted here (%v).", err)
		}
	}
	for dir := range 2 {
		if err := os.Mkdir(w.state(dir), 0o700); err != nil {
			return err
		}
	}
	if w.linked {
		return os.Symlink(filepath.Join(w.state(0), "auth.json"), filepath.Join(w.state(1), "auth.json"))
	}
	return nil
}

// state is a state directory.
func (w *world) state(dir int) string { return filepath.Join(w.dir, "disk", strconv.Itoa(dir)) }

// shared returns the key that stands for all that share k's auth.json.
func (w *world) shared(k key) key {
	if w.linked && k.profile == profiles[0] {
		k.dir = 0
	}
	return k
}

// env is the environment of a command.
func (w *world) env(c *command) []string {
	return append(w.keyring.Env(), w.ports.Env(), clockVariable+time.Duration(w.clock.Load()).String(), "MOGPLEX_DEV=1",
		"PATH="+os.Getenv("PATH"), "TMPDIR="+filepath.Join(w.dir, "tmp"), "MOGPLEX_HOME="+w.state(c.key.dir),
		"MOGPLEX_URL="+w.services[c.key.service].http.URL, "MOGPLEX_PROFILE="+c.key.profile,
		"MOGPLEX_CREDENTIAL_STORE="+c.mode, "MOGPLEX_KEYCHAIN_TIMEOUT="+c.patience.String())
}

// close ends what newWorld started.
func (w *world) close() error {
	var errs []error
	for _, s := range w.services {
		s.http.Close()
	}
	if w.keyring != nil {
		errs = append(errs, w.keyring.Close())
	}
	if w.disk != nil {
		errs = append(errs, w.disk.unmount())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}
