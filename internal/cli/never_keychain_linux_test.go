package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// impatient is a keychain timeout for a keychain that never answers.
const impatient = "MOGPLEX_KEYCHAIN_TIMEOUT=700ms"

// TestASlowKeychainThatStoredTheSignInHasNoPlaintextBesideIt is case 12 for a sign-
// in and a renewal: the keychain stores a value but does not answer in time. Its
// content decides; auth.json is not written.
func TestASlowKeychainThatStoredTheSignInHasNoPlaintextBesideIt(t *testing.T) {
	t.Parallel()
	for name, deafly := range map[string]bool{"it answers the next question": false, "it answers nothing more": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, accountserver.Config{StrictRotation: true, OfferRevocation: true})
			bus := w.slowBus()
			w.env = append(w.env, impatient)

			bus.keepSilent(1, deafly)
			said, err := w.login(w.command("login", "--no-browser"))
			w.wantSlowWrite(bus, deafly, "login", exitCode(err), said)
			token := w.token()
			if !w.service.Valid(token) {
				t.Error("the keychain holds a session that was ended")
			}

			w.service.ExpireAccess()
			bus.keepSilent(2, deafly) // the first one is the claim
			code, _, said := w.run("auth", "refresh")
			w.wantSlowWrite(bus, deafly, "auth refresh", code, said)
			if again := w.token(); again == token || !w.service.Valid(again) {
				t.Error("the renewed token is not the active one")
			}
			if n := w.service.refreshes(); n != 1 {
				t.Errorf("%d refresh requests", n)
			}
			w.must("auth", "refresh")
			w.wantNoPlaintext()
			if _, err := os.Stat(w.state("displaced.json")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("displaced.json is left: %v", err)
			}
		})
	}
}

// wantSlowWrite checks a command whose write was not answered, and lets the keychain
// answer again.
func (w *world) wantSlowWrite(bus *slowBus, deafly bool, args string, code int, said string) {
	w.Helper()
	if !bus.wasSilent() {
		w.Fatalf("%s: the keychain was not written to: exit %d: %s", args, code, said)
	}
	if want := map[bool]int{true: exitTryAgain}[deafly && args == "login"]; code != want {
		w.Errorf("%s: exit %d: %s", args, code, said)
	}
	w.wantNoPlaintext()
	bus.keepSilent(0, false)
}

// wantNoPlaintext looks for tokens in every file of the state directory.
func (w *world) wantNoPlaintext() {
	w.Helper()
	if _, err := os.Stat(w.state("auth.json")); !errors.Is(err, fs.ErrNotExist) {
		w.Errorf("auth.json was written: %v", err)
	}
	err := filepath.WalkDir(w.state(""), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && heard.holds(string(text)) {
			w.Errorf("%s holds a token", path)
		}
		return err
	})
	if err != nil {
		w.Error(err)
	}
}

// TestASignInIsStillThereAfterTheNextLogIn is case 13: the default collection of
// gnome-keyring lasts only for the session. mogplex reports that and does not use
// it, so the sign-in survives the daemon.
func TestASignInIsStillThereAfterTheNextLogIn(t *testing.T) {
	t.Parallel()
	w := realWorldWith(t, accountserver.Config{}, keyringtest.Options{Forgets: true})
	said, err := w.login(w.command("login", "--no-browser"))
	if err != nil || !strings.Contains(said, "auth.json, not encrypted") {
		t.Fatalf("%v: %s", err, said)
	}
	token := w.token()
	if got := w.must("auth", "status", "--json"); !strings.Contains(got, `"state": "unavailable"`) || !strings.Contains(got, `"source": "file"`) {
		t.Errorf("status: %s", got)
	}
	if err := w.session.RestartProvider(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if w.token() != token {
		t.Error("another token after the next log-in")
	}
	w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=keychain")
	code, _, stderr := w.run("auth", "token")
	if code != exitUnavailable || !strings.Contains(stderr, "lasts only until the session ends") {
		t.Errorf("a keychain is required: exit %d: %s", code, stderr)
	}
}

// TestAHomeThatIsUsedWithAndWithoutABusKeepsBothSignIns is the other half of case
// 13: a desktop and an SSH session share a home. Each uses the store it can reach;
// nothing moves, and neither signs the other out.
func TestAHomeThatIsUsedWithAndWithoutABusKeepsBothSignIns(t *testing.T) {
	t.Parallel()
	w := realWorld(t, accountserver.Config{StrictRotation: true, OfferRevocation: true})
	desktop, ssh := w, &world{}
	*ssh = world{TB: t, mogplex: w.mogplex, home: w.home, runtime: w.runtime, service: w.service,
		env: append(append([]string{}, w.env...), "DBUS_SESSION_BUS_ADDRESS=")}
	for _, at := range []*world{ssh, desktop, ssh} {
		if code, _, said := at.run("auth", "token"); code != exitNotSignedIn {
			t.Fatalf("exit %d: %s", code, said)
		}
	}
	if code, _, said := ssh.run("auth", "token"); code != exitNotSignedIn || !strings.Contains(said, "there is no keychain to look into") {
		t.Errorf("without a bus: exit %d: %s", code, said)
	}
	if said, err := desktop.login(desktop.command("login", "--no-browser")); err != nil || !strings.Contains(said, "in the keychain") {
		t.Fatalf("%v: %s", err, said)
	}
	if code, _, _ := ssh.run("auth", "token"); code != exitNotSignedIn {
		t.Errorf("without a bus: exit %d", code)
	}
	if said, err := ssh.login(ssh.command("login", "--no-browser")); err != nil || !strings.Contains(said, "auth.json, not encrypted") {
		t.Fatalf("%v: %s", err, said)
	}
	first, second := desktop.token(), ssh.token()
	if first == second || !w.service.Valid(first) || !w.service.Valid(second) {
		t.Fatal("one of the two sign-ins ended the other")
	}
	for _, at := range []*world{desktop, ssh} {
		at.must("auth", "refresh")
	}
	if a, b := desktop.token(), ssh.token(); a == first || b == second || a == b || !w.service.Valid(a) || !w.service.Valid(b) {
		t.Error("a renewal wrote elsewhere than where it had read")
	}
	if got := desktop.must("auth", "status", "--json"); !strings.Contains(got, `"stray": true`) {
		t.Errorf("the second one is not shown: %s", got)
	}
}

// TestARenewedTokenSurvivesTheLogOutThatEmptiesTheRuntimeDirectory is case 14: the
// keychain goes away during a renewal, and the runtime directory with the session.
// The token waits encrypted in the state directory.
func TestARenewedTokenSurvivesTheLogOutThatEmptiesTheRuntimeDirectory(t *testing.T) {
	t.Parallel()
	var w *world
	w = realWorld(t, accountserver.Config{StrictRotation: true, OnRequest: func(r accountserver.Request) {
		if r.Grant == "refresh_token" {
			if err := w.session.KillProvider(); err != nil {
				t.Error(err)
			}
		}
	}})
	w.seed(-time.Minute, "keychain")
	code, stdout, said := w.run("auth", "token")
	token := strings.TrimSpace(stdout)
	if code != exitOK || !w.service.Valid(token) || !strings.Contains(said, "displaced.json") {
		t.Fatalf("exit %d: %s", code, said)
	}
	if _, err := os.Stat(w.state("displaced.json")); err != nil {
		t.Fatal(err)
	}
	w.wantNoPlaintext()
	left, err := os.ReadDir(w.runtime)
	if err != nil || len(left) != 0 {
		t.Errorf("in the runtime directory: %v, %v", left, err)
	}
	if err := errors.Join(os.RemoveAll(w.runtime), os.Mkdir(w.runtime, 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := w.session.RestartProvider(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if w.token() != token {
		t.Error("after the next log-in there is another token")
	}
	if _, err := os.Stat(w.state("displaced.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("displaced.json was not brought home: %v", err)
	}
	if n := w.service.refreshes(); n != 1 {
		t.Errorf("%d refresh requests", n)
	}
}
