package cli

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// TestASignInThatIsNotStoredFails has the store refuse a sign-in: it
// fails, uses no other store, keeps the session before it, and revokes the new one.
func TestASignInThatIsNotStoredFails(t *testing.T) {
	t.Parallel()
	later := func(w *world) error { return w.writeFile(`{"version": 2, "credentials": {}}`) } // it is not rewritten
	for _, c := range []struct {
		fault keyringtest.Fault
		store string
	}{{keyringtest.ReadOnly, "keychain"}, {keyringtest.Forgets, "keychain"}, {keyringtest.Unavailable, "file"}} {
		t.Run(string(c.fault), func(t *testing.T) {
			w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
			token, _ := w.seed(time.Hour, "keychain")
			if err := errors.Join(w.fake().Break(c.fault), later(w)); err != nil {
				t.Fatal(err)
			}
			said, err := w.login(w.command("login", "--no-browser"))
			if exitCode(err) == 0 || exitCode(err) == exitNotSignedIn || strings.Contains(said, "Signed in") {
				t.Errorf("%v: %s", err, said)
			}
			if !strings.Contains(said, "the credential could not be stored in the "+c.store) {
				t.Errorf("it does not say what the %s said: %s", c.store, said)
			}
			if err := w.fake().Clear(c.fault); err != nil {
				t.Fatal(err)
			}
			if w.token() != token || !w.service.Valid(token) {
				t.Error("the session before is gone")
			}
			if n := w.service.Count(accountserver.RevokePath); n != 1 {
				t.Errorf("%d sessions were ended at the service", n)
			}
		})
	}
}

// TestARefreshDoesNotWaitForAPersonWhoSignsIn runs other commands during a sign-in.
func TestARefreshDoesNotWaitForAPersonWhoSignsIn(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{StrictRotation: true, OfferRevocation: true})
	w.seed(-time.Minute, "keychain")
	cmd := w.command("login", "--no-browser")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := &syncBuffer{}
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the sign-in's instructions", func() bool { return strings.Contains(stderr.String(), "Ctrl-C") })
	w.must("auth", "refresh") // exit code 75 would mean that the sign-in held the lock
	before := w.token()
	if !w.service.Valid(before) {
		t.Error("the token that was renewed beside a sign-in does not work")
	}
	callback, err := walk(accountserver.AuthorizeURL(stderr.String()), grace)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(stdin, callback+"\n")
	stdin.Close()
	err = cmd.Wait()
	heard.output([]string{"login"}, "", stderr.String())
	if err != nil || !strings.Contains(w.must("auth", "status"), "Grace Hopper") || w.service.Valid(before) {
		t.Errorf("%v: %s", err, stderr.String())
	}
}
