package cli

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// killedCommand is a command that is killed, or interrupted, at every step.
type killedCommand struct {
	name    string
	args    []string
	life    time.Duration // of the session that is there before; 0: none
	where   string        // that session is in
	after   string        // where the credential is once the command has run to its end; "": nowhere
	revokes bool          // the service offers revocation
	by      syscall.Signal
}

var killedCommands = []killedCommand{
	{"refresh", []string{"auth", "refresh"}, time.Hour, "keychain", "keychain", false, syscall.SIGKILL},
	{"refresh of an expired token", []string{"auth", "token"}, -time.Minute, "keychain", "keychain", false, syscall.SIGKILL},
	{"refresh from the file", []string{"auth", "refresh"}, time.Hour, "file", "file", false, syscall.SIGKILL},
	{"migrate", []string{"auth", "migrate"}, time.Hour, "file", "keychain", false, syscall.SIGKILL},
	{"migrate back", []string{"auth", "migrate", "--to", "file"}, time.Hour, "keychain", "file", false, syscall.SIGKILL},
	{"login", []string{"login", "--no-browser"}, time.Hour, "keychain", "keychain", true, syscall.SIGKILL},
	{"login over the file", []string{"login", "--no-browser"}, time.Hour, "file", "keychain", true, syscall.SIGKILL},
	{"logout", []string{"logout"}, time.Hour, "keychain", "", true, syscall.SIGKILL},
	{"logout from the file", []string{"logout"}, time.Hour, "file", "", true, syscall.SIGKILL},
	{"logout of everything", []string{"logout", "--all"}, time.Hour, "keychain", "", true, syscall.SIGKILL},
	{"Ctrl-C at a logout", []string{"logout"}, time.Hour, "keychain", "", true, syscall.SIGINT},
	{"Ctrl-C at a logout from the file", []string{"logout"}, time.Hour, "file", "", true, syscall.SIGINT},
}

// TestKilledAtEveryStep kills a command at one step after the other until it
// completes. After each kill the next command finds a credential that works, the
// same command again completes, and nothing is left behind.
//
// There is one gap: killed between the service's answer to a refresh and the first
// write of it, the command loses the new refresh token. The service here keeps the
// old one valid, so that one is found.
//
// Without MOGPLEX_DEEP most steps are left out.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, keychain := range deep.Choose(keychains, keychains[:1]) {
		for _, m := range killedCommands {
			t.Run(keychain.name+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				w := keychain.make(t, accountserver.Config{OfferRevocation: m.revokes})
				stride := deep.Choose(keychain.stride, 8)
				kills, step := 0, 1+seeded(t).IntN(stride)
				for ; w.killed(m, step); step += stride {
					w.recovers(m)
					kills++
				}
				t.Logf("%d kills in %d steps", kills, step)
				if step < 5 {
					t.Errorf("%d steps are too few: they are not seen", step)
				}
			})
		}
	}
}

// seeded returns random numbers from a seed that it prints, or that MOGPLEX_SEED sets.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("MOGPLEX_SEED"), 10, 64)
	if err != nil {
		seed = rand.Uint64()
	}
	t.Logf("MOGPLEX_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// killed seeds the stores, runs the command, and reports whether it was killed.
func (w *world) killed(m killedCommand, n int) bool {
	w.Helper()
	w.must("logout", "--all")
	w.seed(m.life, m.where)
	if m.after == "" {
		w.populate(slices.Contains(m.args, "--all"))
	}
	cmd := w.command(m.args...)
	killed, exit, err := w.killAt(cmd, n, m.by)
	if errors.Is(err, errNoTracing) {
		deep.Missing(w, err.Error())
	}
	if err != nil || !killed && exit != 0 {
		w.Fatalf("step %d: exit %d, %v", n, exit, err)
	}
	if exit == 0 { // an interrupted command that reports success has completed
		w.leftAt(m.after)
	}
	return killed
}

// populate adds what else a sign-out must remove: cached lists, and if all, another
// profile.
func (w *world) populate(all bool) {
	w.Helper()
	if all {
		if _, _, err := w.service.seedFile(w.state("profiles/office/auth.json"), time.Now().Add(time.Hour)); err != nil {
			w.Fatal(err)
		}
		w.must("auth", "migrate", "--profile", "office")
	}
	err := os.MkdirAll(w.hosted(""), 0o700)
	if err := errors.Join(err, os.WriteFile(w.hosted("models.remote.json"), []byte("{}"), 0o600)); err != nil {
		w.Fatal(err)
	}
}

// killAt is killAt with a person who signs in if the command asks.
func (w *world) killAt(cmd *exec.Cmd, n int, by syscall.Signal) (killed bool, exit int, err error) {
	inR, inW, err := os.Pipe()
	if err != nil {
		return false, 0, err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return false, 0, err
	}
	cmd.Stdin, cmd.Stderr = inR, errW
	screen, _ := attend(inW, walking(ada))
	text := make(chan string)
	go func() {
		_, _ = io.Copy(screen, errR)
		inW.Close()
		text <- screen.String()
	}()
	killed, exit, err = killAt(cmd, n, by)
	errW.Close()
	heard.output(cmd.Args[1:], "", <-text)
	inR.Close()
	errR.Close()
	return killed, exit, err
}

// recovers checks what a killed command left, runs it again, and checks again.
func (w *world) recovers(m killedCommand) {
	w.Helper()
	switch code, stdout, stderr := w.run("auth", "token", "--min-ttl", "1s"); {
	case code == 0 && !w.service.Valid(strings.TrimSpace(stdout)):
		w.Fatal("the token that is found afterwards does not work")
	case code == exitNotSignedIn && m.after == "": // signed out already
	case code != 0:
		w.Fatalf("exit %d afterwards: %s", code, stderr)
	}
	again := w.command(m.args...)
	if said, err := w.login(again); err != nil {
		w.Fatalf("again: %v: %s", err, said)
	}
	w.leftAt(m.after)
	if slices.Contains(m.args, "--all") {
		if code, _, stderr := w.run("auth", "token", "--profile", "office"); code != exitNotSignedIn {
			w.Fatalf("the other profile: exit %d: %s", code, stderr)
		}
	}
}

// leftAt checks that the credential is in one store only and that no other file is
// left.
func (w *world) leftAt(where string) {
	w.Helper()
	before := w.said.Load()
	code, stdout, stderr := w.run("auth", "status", "--json")
	for place, found := range map[string]bool{
		"keychain": strings.Contains(stdout, `"source": "keychain"`), "file": strings.Contains(stdout, `"source": "file"`),
	} {
		if found != (place == where) {
			w.Fatalf("in the %s: %v; exit %d, %s%s\nbefore that: %s", place, found, code, stdout, stderr, before)
		}
	}
	if where != "" && !w.service.Valid(w.token()) {
		w.Fatal("what is stored does not work")
	}
	for _, path := range w.files() {
		brought := where != "" && strings.HasSuffix(path, ".remote.json") && !strings.HasPrefix(path, ".") // by a sign-in
		if path != "id" && filepath.Base(filepath.Dir(path)) != "locks" && (path != "auth.json" || where != "file") && !brought {
			w.Fatalf("%s was left behind", path)
		}
	}
}

// files returns the files of the state and the runtime directory by relative path.
func (w *world) files() (paths []string) {
	for _, root := range []string{w.state(""), filepath.Join(w.runtime, "mogplex")} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && !entry.IsDir() {
				rel, _ := filepath.Rel(root, path)
				paths = append(paths, rel)
			}
			return err
		})
		if err != nil {
			w.Fatal(err)
		}
	}
	return paths
}

// TestKilledAtRandom kills commands at random times, for what system calls don't
// show.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	for _, keychain := range deep.Choose(keychains, keychains[:1]) {
		t.Run(keychain.name, func(t *testing.T) {
			t.Parallel()
			w := keychain.make(t, accountserver.Config{OfferRevocation: true})
			w.seed(time.Hour, "keychain")
			random := seeded(t)
			for range deep.Choose(40, 10) {
				m := killedCommands[random.IntN(3)]
				cmd := w.command(m.args...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(random.Int64N(int64(15 * time.Millisecond))))
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				if !w.service.Valid(w.token()) {
					t.Fatal("the token that is found afterwards does not work")
				}
			}
			w.must("auth", "refresh")
			w.leftAt("keychain")
		})
	}
}
