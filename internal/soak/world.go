package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// soak is one run of the program.
type soak struct {
	tally
	random *rand.Rand // for the goroutine that plans alone
	dir    string     // all files but the log; removed at the end
	binary string     // mogplex, inside dir
	disks  bool       // small disks can be mounted here
}

func newSoak(ctx context.Context, seed uint64, stdout io.Writer) (*soak, error) {
	dir, err := os.MkdirTemp("", "mogplex-soak-")
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
	if err := s.tryDisk(); err == nil {
		s.disks = true
	} else {
		s.say("Left out: the full disk, for a small one can't be mounted here (%v).", err)
	}
	return s, nil
}

func (s *soak) close() {
	s.tally.close()
	_ = os.RemoveAll(s.dir)
}

// build makes the binary from this module's source.
func (s *soak) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", s.binary, "github.com/mogplex/mogplex-cli")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build mogplex: %w\n%s", err, said)
	}
	return nil
}

func (s *soak) tryDisk() error {
	dir, err := os.MkdirTemp(s.dir, "disk")
	if err != nil {
		return err
	}
	d, err := mountDisk(dir)
	if err != nil {
		return err
	}
	return d.unmount()
}

// runID is of the run that is attached to. It has ended long ago, whatever the service's clock says.
const runID = "run_soak"

// The modes of MOGPLEX_CREDENTIAL_STORE.
const (
	auto     = "auto"
	keychain = "keychain"
	file     = "file"
)

// world is what a round stands on: a user's state directory, a keychain and an account service, each its own.
type world struct {
	*soak
	mode    string // of MOGPLEX_CREDENTIAL_STORE
	dir     string // all files of the round
	env     []string
	keyring *keyringtest.Session
	revives bool // the bus starts a new provider, locked, where one is gone
	service *service
	disk    *disk // that the state directory is on; nil where it is on an ordinary one

	keychainOff string // the fault that the keychain has
	clear       bool   // tokens may lie in auth.json: that was asked for, or said, or its writer killed
	blanking    bool   // the keychain was killed in this step, and may have left a blank item
	personal    bool   // a personal access token may have been stored in this round
	promise     promise
	inForce     *session // the one that was last known to be stored
}

// promise is what mogplex' last commands said about the user.
type promise string

const (
	signedOut promise = "out"
	signedIn  promise = "in"
	unknown   promise = "unknown" // a command that changes it was killed or failed, or two ran at once
)

// pick returns one of several values at random.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// newWorld sets up a round.
func (s *soak) newWorld(ctx context.Context) (w *world, err error) {
	w = &world{soak: s, promise: signedOut, mode: pick(s.random, auto, auto, auto, keychain, keychain, file)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.dir, err = os.MkdirTemp(s.dir, "round"); err != nil {
		return w, err
	}
	for _, dir := range []string{w.state(), w.temp(), w.desktop()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return w, err
		}
	}
	if s.disks && pick(s.random, true, false) {
		if w.disk, err = mountDisk(w.state()); err != nil {
			return w, err
		}
	}
	opt := keyringtest.Options{Activation: pick(s.random, keyringtest.ActivateNothing, keyringtest.ActivateProvider)}
	w.revives = opt.Activation == keyringtest.ActivateProvider
	if w.keyring, err = keyringtest.Start(ctx, w.desktop(), opt); err != nil {
		return w, err
	}
	cfg := accountserver.Config{
		AccessTTL:       pick(s.random, 3*time.Second, 8*time.Second, time.Hour),
		StrictRotation:  pick(s.random, true, false),
		OfferRevocation: pick(s.random, true, false),

		RequestsPerMinute: -1,
	}
	if w.service, err = startService(cfg); err != nil {
		return w, err
	}
	w.service.AddRun(accountserver.Run{ID: runID, Start: time.Now().AddDate(-1, 0, 0),
		Events: []accountserver.Event{{Type: "status", Message: "Done"}}})
	w.env = append(w.keyring.Env(), "PATH="+os.Getenv("PATH"), "TMPDIR="+w.temp(), "MOGPLEX_HOME="+w.state(),
		"MOGPLEX_URL="+w.service.origin(), "MOGPLEX_DEV=1", "MOGPLEX_CREDENTIAL_STORE="+w.mode,
		timeoutVariable+keychainPatience.String())
	w.rounds++
	w.note("round %d: store %s, tokens live %s, strict rotation %t, revocation %t, provider activated %t, small disk %t",
		w.rounds, w.mode, cfg.AccessTTL, cfg.StrictRotation, cfg.OfferRevocation, w.revives, w.disk != nil)
	return w, nil
}

func (w *world) state() string   { return filepath.Join(w.dir, "state") }
func (w *world) temp() string    { return filepath.Join(w.dir, "tmp") }
func (w *world) desktop() string { return filepath.Join(w.dir, "desktop") } // HOME, and the keychain's files

// runtime is XDG_RUNTIME_DIR.
func (w *world) runtime() string {
	for _, variable := range w.keyring.Env() {
		if dir, ok := strings.CutPrefix(variable, "XDG_RUNTIME_DIR="); ok {
			return dir
		}
	}
	return ""
}

// close ends what newWorld started.
func (w *world) close() error {
	var errs []error
	if w.service != nil {
		errs = append(errs, w.service.down())
		w.signIns += w.service.signIns
		w.renewals += w.service.renewals
	}
	if w.keyring != nil {
		errs = append(errs, w.keyring.Close())
	}
	if w.disk != nil {
		errs = append(errs, w.disk.unmount())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}
