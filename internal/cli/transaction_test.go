package cli

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/accountserver"
	"github.com/mogplex/mogplex-cli/keyring/keyringtest"
)

// TestASignInThatNothingStoresIsNotReportedAsDone lets every store refuse what a
// sign-in brought: it fails, the session before goes on, and the new one, which
// nobody has, is ended.
func TestASignInThatNothingStoresIsNotReportedAsDone(t *testing.T) {
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
	token, _ := w.seed(time.Hour, "keychain")
	if err := w.fake().Break(keyringtest.ReadOnly); err != nil {
		t.Fatal(err)
	}
	if err := w.writeFile(`{"version": 2, "credentials": {}}`); err != nil { // a later version's, which is not rewritten
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.runtime, "mogplex"), nil, 0o600); err != nil { // where the rescue directory would be
		t.Fatal(err)
	}
	said, err := w.login(w.command("login", "--no-browser"))
	if exitCode(err) == 0 || exitCode(err) == exitNotSignedIn || strings.Contains(said, "Signed in") {
		t.Errorf("%v: %s", err, said)
	}
	for _, store := range []string{"keychain", "auth.json"} {
		if !strings.Contains(said, store) {
			t.Errorf("it does not say what the %s said: %s", store, said)
		}
	}
	if err := w.fake().Clear(keyringtest.ReadOnly); err != nil {
		t.Fatal(err)
	}
	if w.token() != token || !w.service.Valid(token) {
		t.Error("the session before is gone")
	}
	if n := w.service.Stats().Endpoints["POST "+accountserver.RevokePath]; n != 1 {
		t.Errorf("%d sessions were ended at the service", n)
	}
}

// TestARefreshDoesNotWaitForAPersonWhoSignsIn has a sign-in stand open while
// other commands go on.
func TestARefreshDoesNotWaitForAPersonWhoSignsIn(t *testing.T) {
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
	for end := time.Now().Add(longest); !strings.Contains(stderr.String(), "Ctrl-C"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(stderr.String())
		}
	}
	w.must("auth", "refresh") // which would end with exit code 75 where the sign-in held the lock
	before := w.token()
	if !w.service.Valid(before) {
		t.Error("the token that was renewed beside a sign-in does not work")
	}
	callback, err := walk(authorizeLine.FindString(stderr.String()), url.Values{"as": {grace}})
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
