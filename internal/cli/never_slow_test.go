package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// slow is a fake that stores at once. While a file says so, it answers only after
// the caller gave up, either the write or everything after it, or it dies after the
// write.
type slow struct{ keyringtest.Fake }

const slowFile, deaf, killed = ".slow", "deaf", "killed"

func (s slow) Open(ctx context.Context, access keyring.Access) (keyring.Vault, error) {
	_, err := s.Fake.Open(ctx, access)
	return s, err
}

func (s slow) Set(ctx context.Context, account, payload string) error {
	err := s.Fake.Set(ctx, account, payload)
	how, missing := os.ReadFile(filepath.Join(s.Dir, slowFile))
	if missing != nil || err != nil {
		return err
	}
	switch string(how) {
	case deaf:
		err = s.Break(keyringtest.Hangs)
	case killed:
		if err := s.Break(keyringtest.Unavailable); err != nil {
			return err
		}
		return keyring.Failure(keyring.ErrUnavailable, "it was killed")
	}
	<-ctx.Done()
	return errors.Join(ctx.Err(), err)
}

// slowed makes the fake slow, or deaf, until the returned function is called.
func (w *world) slowed(how string) (quick func()) {
	w.Helper()
	path := filepath.Join(w.fake().Dir, slowFile)
	if err := errors.Join(os.MkdirAll(w.fake().Dir, 0o700), os.WriteFile(path, []byte(how), 0o600)); err != nil {
		w.Fatal(err)
	}
	return func() {
		_ = os.Remove(path)
		_ = w.fake().Clear(keyringtest.Hangs)
		_ = w.fake().Clear(keyringtest.Unavailable)
	}
}

// inFiles names the files outside the keychain that hold a secret.
func (w *world) inFiles(roots ...string) (found []string) {
	w.Helper()
	for _, root := range append(roots, w.home, w.runtime) {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return nil // another program's, which is gone or closed
			}
			if text, err := os.ReadFile(path); err == nil && len(text) > 0 && heard.holds(string(text)) {
				found = append(found, path)
			}
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
	}
	return found
}

// 12: A keychain that was slow but did store leaves a plaintext copy in auth.json
// beside it.
func TestASlowKeychainLeavesNoPlaintextCopy(t *testing.T) {
	t.Parallel()
	for how, exit := range map[string]int{"late": 0, deaf: exitTryAgain} { // what a late one stored is read back
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var midRefresh interlude
			w := fakeWorld(t, accountserver.Config{StrictRotation: true, OfferRevocation: true, OnRequest: midRefresh.request})
			hasty := w.with("MOGPLEX_KEYCHAIN_TIMEOUT=300ms")
			quick := w.slowed(how)
			said, err := hasty.login(hasty.command("login", "--no-browser"))
			quick()
			if exitCode(err) != exit || strings.Contains(said, "Signed in") != (exit == 0) {
				t.Errorf("login: %v: %s", err, said)
			}
			w.wantStored("the sign-in", "keychain")
			token := w.token()
			if !w.service.Valid(token) {
				t.Error("what the keychain stored was ended at the service")
			}
			midRefresh.set(func() { quick = w.slowed(how) })
			code, _, said := hasty.run("auth", "refresh")
			midRefresh.set(func() {})
			quick()
			if code != 0 || strings.Contains(said, "the renewed token could not be stored") != (exit != 0) {
				t.Errorf("refresh: exit %d: %s", code, said)
			}
			w.wantStored("the renewal", "keychain")
			if renewed := w.token(); renewed == token || !w.service.Valid(renewed) || w.service.refreshes() != 1 {
				t.Errorf("after %d refreshes the active token does not work", w.service.refreshes())
			}
			if err := w.fake().Break(keyringtest.Hangs); err != nil {
				t.Fatal(err)
			}
			heard.secret("sk-proj-of-the-slow-0123456789")
			code, _, said = hasty.runWith("sk-proj-of-the-slow-0123456789", "login", "--provider", "openai", "--with-api-key")
			if code != exitTryAgain || strings.Contains(said, "Stored") {
				t.Errorf("a key: exit %d: %s", code, said)
			}
			if found := w.inFiles(); found != nil {
				t.Errorf("a secret is in %q", found)
			}
		})
	}
}

// 28: A key is "Stored" in a place that a reboot empties.
func TestAKeyIsNotStoredInADirectoryThatARebootEmpties(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	if err := w.writeFile(`{"version": 2, "credentials": {}}`); err != nil { // a later version's, which is not rewritten
		t.Fatal(err)
	}
	const key = "sk-proj-of-the-reboot-0123456789"
	heard.secret(key)
	for _, fault := range []keyringtest.Fault{keyringtest.Unavailable, keyringtest.ReadOnly, keyringtest.Forgets, keyringtest.Locked} {
		if err := w.fake().Break(fault); err != nil {
			t.Fatal(err)
		}
		code, _, said := w.runWith(key, "login", "--provider", "openai", "--with-api-key")
		if code == 0 || strings.Contains(said, "Stored the") {
			t.Errorf("%s: exit %d: %s", fault, code, said)
		}
		others, _ := filepath.Glob("/tmp/mogplex-*")
		if found := w.inFiles(append(others, "/run/user")...); found != nil {
			t.Errorf("%s: the key is in %q", fault, found)
		}
		if err := w.fake().Clear(fault); err != nil {
			t.Fatal(err)
		}
	}
}

var command = regexp.MustCompile("`([^`]+)`")

// 21: A locked keychain's hint ("…=file does without it"), followed to the letter
// after `logout`, reports "signed out" while the keychain still signs in.
func TestTheHintOfALockedKeychainSignsOut(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
	token := w.signsIn(ada)
	if err := w.fake().Break(keyringtest.Locked); err != nil {
		t.Fatal(err)
	}
	code, _, said := w.run("logout")
	hint := command.FindStringSubmatch(said)
	if code != exitTryAgain || hint == nil || hint[1] != "mogplex logout" || strings.Contains(said, "CREDENTIAL_STORE") {
		t.Errorf("exit %d: %s", code, said)
	}
	var report logoutReport
	without := w.storing("file")
	if err := json.Unmarshal([]byte(without.must("logout", "--json")), &report); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(report.NotLookedInto, []notLookedInto{{"keychain", "disabled"}}) || len(report.Removed) != 0 {
		t.Errorf("%+v", report)
	}
	if _, _, said := without.run("logout"); !strings.Contains(said, "keychain was not searched") {
		t.Errorf("it says %s", said)
	}
	if err := w.fake().Clear(keyringtest.Locked); err != nil {
		t.Fatal(err)
	}
	w.must("logout")
	if code, _, said := w.run("auth", "token"); code != exitNotSignedIn || w.service.Valid(token) {
		t.Errorf("exit %d: %s", code, said)
	}
}

// 8: `logout --all` beside a renewal in another profile or state directory: the
// renewal puts it back.
func TestLogoutOfEverythingOutlastsRenewalsElsewhere(t *testing.T) {
	t.Parallel()
	var midRefresh interlude
	cfg := accountserver.Config{StrictRotation: true, OfferRevocation: true, OnRequest: midRefresh.request}
	w := fakeWorld(t, cfg)
	elsewhere := w.with("MOGPLEX_HOME=" + t.TempDir())
	renewers := []*world{w.with("MOGPLEX_PROFILE=work"), elsewhere, elsewhere.with("MOGPLEX_PROFILE=home")}
	w.signsIn(ada)
	for _, r := range renewers {
		r.signsIn(ada)
	}
	asked, goOn := make(chan struct{}, len(renewers)), make(chan struct{})
	answer := sync.OnceFunc(func() { close(goOn) })
	defer answer()
	midRefresh.set(func() { asked <- struct{}{}; <-goOn })
	var all sync.WaitGroup
	for _, r := range renewers {
		all.Go(func() { r.run("auth", "refresh") }) // the result does not matter
	}
	for range renewers {
		<-asked
	}
	var said syncBuffer
	cmd := w.command("logout", "--all")
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	eventually(t, "a sign-out that waits", func() bool { return strings.Contains(said.String(), "Signing out…") || len(ended) > 0 })
	answer()
	if err := <-ended; err != nil {
		t.Errorf("%v: %s", err, said.String())
	}
	all.Wait()
	for _, r := range append(renewers, w) {
		if code, _, said := r.run("auth", "token"); code != exitNotSignedIn {
			t.Errorf("exit %d: %s", code, said)
		}
	}
	if items, _ := filepath.Glob(filepath.Join(w.fake().Dir, "*.item")); len(items) != 0 || w.service.living() != 0 {
		t.Errorf("%d sessions live, and this is left: %q", w.service.living(), items)
	}
}
