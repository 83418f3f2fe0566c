package cli

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// keePassWorld runs mogplex as it is shipped with a KeePassXC of its own.
func keePassWorld(t *testing.T, cfg accountserver.Config, config string) *world {
	t.Helper()
	deep.Only(t)
	for _, program := range []string{"keepassxc", "keepassxc-cli"} {
		if _, err := exec.LookPath(program); err != nil {
			deep.Missing(t, program+" is not installed")
		}
	}
	w := realWorldWith(t, cfg, keyringtest.Options{NoProvider: true})
	if err := w.session.StartKeePassXC(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestRenewingInKeePassXCNeitherHangsNorEndsInPlaintext is case 25: KeePassXC asks
// its person before a process replaces what another one made, and here nobody
// answers. Each of these commands is a process of its own, often two at once.
func TestRenewingInKeePassXCNeitherHangsNorEndsInPlaintext(t *testing.T) {
	t.Parallel()
	w := keePassWorld(t, accountserver.Config{StrictRotation: true, OfferRevocation: true}, keyringtest.KeePassConfig)
	if said, err := w.login(w.command("login", "--no-browser")); err != nil || !strings.Contains(said, "KeePassXC") {
		t.Fatalf("%v: %s", err, said)
	}
	began := time.Now()
	last := w.token()
	for i := range 3 {
		w.twice("auth", "refresh")
		w.wantNoPlaintext()
		token := w.token()
		if token == last || !w.service.Valid(token) {
			t.Errorf("renewal %d: the token was not renewed", i)
		}
		last = token
	}
	if n := w.service.refreshes(); n < 3 || n > 6 {
		t.Errorf("%d refresh requests", n)
	}
	w.must("logout")
	if code, _, said := w.run("auth", "token"); code != exitNotSignedIn {
		t.Errorf("signed out: exit %d: %s", code, said)
	}
	if w.service.Valid(last) {
		t.Error("the session lives on")
	}
	if took := time.Since(began); took > longest/2 {
		t.Errorf("it took %s", took)
	}
}

// twice runs a command in two processes at once.
func (w *world) twice(args ...string) {
	w.Helper()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if code, _, said := w.run(args...); code != exitOK {
				w.Errorf("exit %d: %s", code, said)
			}
		})
	}
	both.Wait()
}

// TestNoLockIsHeldWhileAPersonConfirmsADeletion is case 9 for KeePassXC,
// which asks before it deletes. The credential is already gone then, and no lock is
// held.
func TestNoLockIsHeldWhileAPersonConfirmsADeletion(t *testing.T) {
	t.Parallel()
	config := strings.Replace(keyringtest.KeePassConfig, "ConfirmDeleteItem=false", "ConfirmDeleteItem=true", 1) +
		"[Security]\nNoConfirmMoveEntryToRecycleBin=false\n"
	for _, args := range []string{"logout", "auth migrate --to file"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			w := keePassWorld(t, accountserver.Config{}, config)
			w.env = append(w.env, "DISPLAY=:99")
			token, _ := w.seed(time.Hour, "keychain")
			at := w.terminal(strings.Fields(args)...)
			if said := at.shows("whether to delete"); strings.Contains(said, "is locked") {
				t.Errorf("it speaks of a keychain that is locked: %s", said)
			}
			if _, stdout, _ := w.run("auth", "status"); !hasRow(stdout, "keychain", "absent") {
				t.Errorf("the keychain has it still: %s", stdout)
			}
			w.wantUnlocked()
			if args != "logout" && w.token() != token {
				t.Error("what was moved is not in the file")
			}
			at.types(interrupt) // it is still asking
			at.exit(exitInterrupted)
		})
	}
}
