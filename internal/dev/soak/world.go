package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// soak is one run of the program.
type soak struct {
	*tally
	random *rand.Rand // for the goroutine that plans alone
	dir    string     // all files but the log; removed at the end
	binary string     // mogplex, inside dir
	disks  bool       // small disks can be mounted here
}

func newSoak(ctx context.Context, seed uint64, stdout io.Writer) (*soak, error) {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return nil, err
	}
	s := &soak{random: rand.New(rand.NewPCG(seed, 0)), dir: dir, binary: filepath.Join(dir, "mogplex")}
	if s.tally, err = newTally(seed, stdout); err == nil {
		err = s.build(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	if d, err := mountDisk(dir); err == nil {
		s.disks = true
		return s, d.unmount()
	} else {
		s.say("Left out: the full and the read-only disk, for a small one can't be mounted here (%v).", err)
	}
	return s, nil
}

func (s *soak) close() {
	s.tally.close()
	_ = os.RemoveAll(s.dir)
}

// The modes of MOGPLEX_CREDENTIAL_STORE.
const (
	auto     = "auto"
	keychain = "keychain"
	file     = "file"
)

var profiles = []string{"default", "work", "ci"}

// The services: two account services, and a provider, which takes part by its API key alone.
const (
	serviceA = iota
	serviceB
	provider
)

const providerName = "openai"

// key addresses a credential as mogplex does.
type key struct {
	dir     int
	profile string
	service int
}

func (k key) String() string {
	return fmt.Sprintf("%d/%s/%s", k.dir, k.profile, []string{"A", "B", providerName}[k.service])
}

// view is what a command can see of the stores.
type view struct {
	mode string
	bus  bool
}

func (v view) keychain() bool { return v.mode != file && v.bus }
func (v view) file() bool     { return v.mode != keychain }

func (v view) String() string {
	if !v.bus {
		return v.mode + ", no bus"
	}
	return v.mode
}

// cell is one place for one credential.
type cell struct {
	key
	store string // keychain or file
}

// world is what a round stands on: a user's two state directories, a keychain and two services, each its own.
type world struct {
	*soak
	ledger   *ledger
	mode     string // of most commands
	dir      string // all files of the round
	linked   bool   // the second directory's auth.json is a link to the first one's
	keyring  *keyringtest.Session
	services []*service
	disk     *disk        // that the state directories are on; nil if it is the ordinary one
	clock    atomic.Int64 // offset of mogplex's clock, in nanoseconds

	claims      time.Time        // until when a claim can be waited for that was made under a lock elsewhere
	keychainOff string           // the fault that the keychain has
	cells       map[cell]*family // what each place held when it was last looked at
	buried      map[*family]bool // in cells, and ended before the step
}

// pick returns one of several values at random.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// newWorld sets up a round.
func (s *soak) newWorld(ctx context.Context) (w *world, err error) {
	w = &world{soak: s, ledger: newLedger(s.find), cells: map[cell]*family{}, buried: map[*family]bool{}, mode: pick(s.random, auto, auto, auto, keychain, file)}
	w.linked = pick(s.random, true, false)
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp(s.dir, "round"); err != nil {
		return w, err
	}
	if err := w.makeDirs(); err != nil {
		return w, err
	}
	if w.keyring, err = keyringtest.Start(ctx, w.desktop(), keyringtest.Options{}); err != nil {
		return w, err
	}
	for i := range 2 {
		ttl, revocation := pick(s.random, 5*time.Second, 70*time.Second, time.Hour), pick(s.random, true, false)
		started, err := startService(i, w.ledger, ttl, revocation)
		if err != nil {
			return w, err
		}
		w.services = append(w.services, started)
	}
	w.rounds++
	w.note("round %d: mostly %s, linked %t, tokens live %s and %s, revocation %t and %t, small disk %t",
		w.rounds, w.mode, w.linked, w.services[0].ttl, w.services[1].ttl, w.services[0].revokes, w.services[1].revokes,
		w.disk != nil)
	return w, nil
}

func (w *world) makeDirs() (err error) {
	for _, dir := range []string{w.temp(), w.desktop(), w.base()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	if w.disks && pick(w.random, true, false) {
		if w.disk, err = mountDisk(w.base()); err != nil {
			return err
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

func (w *world) temp() string         { return filepath.Join(w.dir, "tmp") }
func (w *world) desktop() string      { return filepath.Join(w.dir, "desktop") } // HOME, and the keychain's files
func (w *world) base() string         { return filepath.Join(w.dir, "disk") }
func (w *world) state(dir int) string { return filepath.Join(w.base(), strconv.Itoa(dir)) }

// cell returns the place of a key in a store. Two keys that share a linked auth.json share its places.
func (w *world) cell(k key, store string) cell {
	if store == file {
		k = w.shared(k)
	}
	return cell{k, store}
}

// shared returns the key that stands for all that share k's auth.json.
func (w *world) shared(k key) key {
	if w.linked && k.profile == profiles[0] {
		k.dir = 0
	}
	return k
}

// authFile is the auth.json of a key.
func (w *world) authFile(k key) string {
	k = w.shared(k)
	if k.profile == profiles[0] {
		return filepath.Join(w.state(k.dir), "auth.json")
	}
	return filepath.Join(w.state(k.dir), "profiles", k.profile, "auth.json")
}

// env is the environment of a command for a key.
func (w *world) env(k key, v view, patience time.Duration) []string {
	var env []string
	for _, variable := range w.keyring.Env() {
		bus := strings.HasPrefix(variable, "DBUS_SESSION_BUS_ADDRESS=") || strings.HasPrefix(variable, "XDG_RUNTIME_DIR=")
		if v.bus || !bus {
			env = append(env, variable)
		}
	}
	return append(env, "PATH="+os.Getenv("PATH"), "TMPDIR="+w.temp(), "MOGPLEX_HOME="+w.state(k.dir), "MOGPLEX_DEV=1",
		"MOGPLEX_URL="+w.services[k.service%provider].origin(), "MOGPLEX_PROFILE="+k.profile,
		"MOGPLEX_CREDENTIAL_STORE="+v.mode, "MOGPLEX_KEYCHAIN_TIMEOUT="+patience.String(),
		clockVariable+time.Duration(w.clock.Load()).String())
}

// close ends what newWorld started.
func (w *world) close() error {
	var errs []error
	for _, s := range w.services {
		errs = append(errs, s.down())
	}
	w.signIns += w.ledger.signIns
	w.renewals += w.ledger.renewals
	if w.keyring != nil {
		errs = append(errs, w.keyring.Close())
	}
	if w.disk != nil {
		errs = append(errs, w.disk.unmount())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}
