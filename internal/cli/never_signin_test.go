package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// owner is the account that status names.
func (w *world) owner() string {
	w.Helper()
	var got struct {
		Active struct{ Account struct{ Email string } }
	}
	if err := json.Unmarshal([]byte(w.must("auth", "status", "--json")), &got); err != nil {
		w.Fatal(err)
	}
	return got.Active.Account.Email
}

// 7: The old credential comes back after the clock was wrong.
func TestAnOldCredentialDoesNotComeBackAfterTheClockWasWrong(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"CLOCK=1000h", "CLOCK=-1000h"} {
		for _, stores := range [][2]string{{"file", "keychain"}, {"keychain", "keychain"}, {"file", "file"}} {
			t.Run(wrong+"/"+stores[0]+" then "+stores[1], func(t *testing.T) {
				w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
				w.with(wrong).storing(stores[0]).signsIn(ada)
				before, _ := os.ReadFile(w.state("auth.json"))
				now := w
				if stores[1] == "file" {
					now = w.storing("file")
				}
				now.signsIn(grace)
				now.wantStored("the second sign-in", stores[1])
				if w.service.living() != 1 {
					t.Errorf("%d sessions live", w.service.living())
				}
				if stores[0] == "file" && stores[1] == "keychain" { // a backup brings the old file back
					if err := os.WriteFile(w.state("auth.json"), before, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				for _, at := range []*world{now, now.with(wrong), now} {
					for _, args := range []string{"auth token", "auth refresh", "auth migrate"} {
						at.run(strings.Fields(args)...) // "file" forbids the migration
						if got := now.owner(); got != grace {
							t.Errorf("after %s it is %s", args, got)
						}
					}
				}
			})
		}
	}
}

// 22: `--with-token` while the service is down replaces a working sign-in by a
// token nobody checked, and ends the old session.
func TestATokenThatNobodyCheckedReplacesNothing(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
	token, pat := w.signsIn(ada), w.service.issuePAT()
	w.service.Fail(accountserver.Fault{Path: accountserver.APIPath, Status: 503})
	code, _, said := w.runWith(pat, "login", "--with-token")
	if code != exitUnavailable || !strings.Contains(said, "--force") || w.token() != token {
		t.Errorf("exit %d: %s", code, said)
	}
	if code, _, said := w.runWith(pat, "login", "--with-token", "--force"); code != 0 || w.token() != pat {
		t.Errorf("with --force: exit %d: %s", code, said)
	}
	if !w.service.Valid(token) || w.service.revocations() != 0 {
		t.Error("the old session was ended, though nobody knows whether the new token works")
	}
}

// 23: A token that expired while the clock was wrong is handed out for hours.
func TestATokenSavedUnderAWrongClockIsNotHandedOutAfterItsEnd(t *testing.T) {
	t.Parallel()
	for _, renewable := range []bool{true, false} {
		w := fakeWorld(t, accountserver.Config{NoRefreshTokens: !renewable})
		old := w.with("CLOCK=10h").signsIn(ada) // it seems to live for eleven hours
		if !renewable && w.token() != old {
			t.Error("a token that the service accepts is not used")
		}
		w.service.ExpireAccess()
		code, stdout, said := w.run("auth", "token")
		got := strings.TrimSpace(stdout)
		if renewable && (code != 0 || !w.service.Valid(got)) || !renewable && (code != exitNotSignedIn || got != "") {
			t.Errorf("renewable: %t: exit %d: %s", renewable, code, said)
		}
	}
}

// 27: Sign-out leaves a session alive that had no refresh token, although the
// service offers revocation.
func TestASignOutEndsASessionWithoutARefreshToken(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{NoRefreshTokens: true, OfferRevocation: true})
	token := w.signsIn(ada)
	var report logoutReport
	if err := json.Unmarshal([]byte(w.must("logout", "--json")), &report); err != nil {
		t.Fatal(err)
	}
	if w.service.Valid(token) || report.Revoked == nil || !*report.Revoked || len(report.LivesOn) != 0 {
		t.Errorf("%+v", report)
	}
}
