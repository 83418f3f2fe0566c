package cli

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// The tests of the files never_*.go are named after what users of the first
// version suffered.

// with is the same machine with more, or other, variables.
func (w *world) with(env ...string) *world {
	return &world{TB: w.TB, mogplex: w.mogplex, prefix: w.prefix, home: w.home, runtime: w.runtime,
		service: w.service, session: w.session, env: slices.Concat(w.env, env)}
}

// at is the same machine with another service.
func (w *world) at(s *service) *world {
	other := w.with("MOGPLEX_URL="+s.url, s.ports.Env())
	other.service = s
	return other
}

// storing is the same machine with the store that sign-ins go to.
func (w *world) storing(where string) *world { return w.with("MOGPLEX_CREDENTIAL_STORE=" + where) }

// signsIn signs somebody in through the browser.
func (w *world) signsIn(who string, args ...string) (token string) {
	w.Helper()
	cmd := w.command(append([]string{"login", "--no-browser"}, args...)...)
	_, said, err := runAttended(cmd, walking(who))
	heard.output(args, "", said)
	if err != nil {
		w.Fatalf("%v: %s", err, said)
	}
	return strings.TrimSpace(w.must(append([]string{"auth", "token"}, args...)...))
}

// stored is what each store holds for the account at the world's service.
func (w *world) stored() map[string]string {
	w.Helper()
	all := map[string]string{}
	if item, err := os.ReadFile(filepath.Join(w.fake().Dir, w.account(auth.Mogplex)+".item")); err == nil {
		all["keychain"] = string(item)
	}
	var file struct{ Credentials map[string]json.RawMessage }
	if text, err := os.ReadFile(w.state("auth.json")); err == nil {
		if err := json.Unmarshal(text, &file); err != nil {
			w.Fatal(err)
		}
	}
	if entry, ok := file.Credentials[w.service.name()]; ok {
		all["file"] = string(entry)
	}
	return all
}

// wantStored fails unless the account's record is in these stores alone.
func (w *world) wantStored(after string, where ...string) {
	w.Helper()
	if got := slices.Sorted(maps.Keys(w.stored())); !slices.Equal(got, where) {
		w.Errorf("%s: it is in %q in place of %q", after, got, where)
	}
}

// revocations counts the requests to end a session.
func (s *service) revocations() int { return s.Count(accountserver.RevokePath) }

var revoking = accountserver.Config{StrictRotation: true, OfferRevocation: true}

// 1: Signing in at a second service signs out of the first, silently, and revokes
// its session there.
func TestSigningInAtASecondServiceKeepsTheFirst(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"keychain", "file"} {
		t.Run(where, func(t *testing.T) {
			a := fakeWorld(t, revoking).storing(where)
			first := a.signsIn(ada)
			b := a.at(startService(t, revoking))
			if said, err := b.login(b.command("login", "--no-browser")); err != nil || strings.Contains(said, "replaces") {
				t.Errorf("%v: %s", err, said)
			}
			if second := b.token(); second == first || !b.service.Valid(second) {
				t.Error("the second service's token does not work")
			}
			if a.token() != first || !a.service.Valid(first) || a.service.revocations() != 0 {
				t.Errorf("the first sign-in is gone; %d revocations", a.service.revocations())
			}
		})
	}
}

// 2: A renewal at one service overwrites or deletes what the keychain or the file
// holds for another.
func TestARenewalAtOneServiceLeavesTheOthersCredential(t *testing.T) {
	t.Parallel()
	for _, here := range []string{"keychain", "file"} {
		for _, there := range []string{"keychain", "file"} {
			t.Run(here+" beside "+there, func(t *testing.T) {
				a := fakeWorld(t, revoking)
				b := a.at(startService(t, revoking))
				a.storing(here).signsIn(ada)
				token := b.storing(there).signsIn(grace)
				before := b.stored()
				same := func(after string) {
					t.Helper()
					if !maps.Equal(b.stored(), before) || len(before) != 1 {
						t.Errorf("%s: the other service's credential was changed", after)
					}
				}
				a.must("auth", "refresh")
				same("a renewal")
				a.service.Fail(accountserver.Fault{Path: accountserver.TokenPath, Status: 503})
				a.run("auth", "refresh")
				same("a renewal that failed")
				a.service.ClearFaults()
				a.service.RevokeAll(ada)
				if code, _, said := a.run("auth", "refresh"); code != exitNotSignedIn {
					t.Errorf("exit %d: %s", code, said)
				}
				same("a renewal that was rejected")
				if b.token() != token || !b.service.Valid(token) || b.service.revocations() != 0 {
					t.Error("the other session does not work")
				}
			})
		}
	}
}

// 3: `MOGPLEX_URL=B mogplex logout` removes A's credential, or A's models and MCP
// definitions.
func TestASignOutAtOneServiceKeepsTheOthersCredentialAndLists(t *testing.T) {
	t.Parallel()
	a := fakeWorld(t, revoking)
	token := a.signsIn(ada)
	b := a.at(startService(t, revoking))
	b.signsIn(grace)
	const old = `{"credentials": {"mogplex": {"type": "oauth", "access_token": "of-the-default-0123456789", "expires_at": "2099-01-01T00:00:00Z"}}}`
	if err := a.writeFile(old); err != nil { // from before entries named their issuer: https://mogplex.com is it
		t.Fatal(err)
	}
	if err := os.WriteFile(a.state("models.remote.json"), []byte("of the default service"), 0o600); err != nil {
		t.Fatal(err)
	}
	lists := func(w *world) (text string) {
		w.service.Fail(accountserver.Fault{Status: 503}) // what was kept is shown
		defer w.service.ClearFaults()
		for _, command := range []string{"models", "mcp"} {
			_, stdout, _ := w.run(command, "--json")
			text += stdout
		}
		return text
	}
	before, gone := lists(a), lists(b)
	if b.must("logout"); lists(b) == gone {
		t.Error("the sign-out left what the service had sent")
	}
	if lists(a) != before || strings.Contains(before, `"error"`) {
		t.Errorf("A's lists are gone: %s", lists(a))
	}
	if a.token() != token || !a.service.Valid(token) || a.service.revocations() != 0 || b.service.living() != 0 {
		t.Error("another session ended than B's")
	}
	if text, _ := os.ReadFile(a.state("models.remote.json")); string(text) != "of the default service" {
		t.Error("the default service's models are gone")
	}
	if got := strings.TrimSpace(a.with("MOGPLEX_URL=").must("auth", "token")); got != "of-the-default-0123456789" {
		t.Error("the default service's credential is gone")
	}
}

// 4: A renewal, even one that fails, moves the credential from auth.json to the
// keychain: the same home over SSH or in cron is signed out.
func TestARenewalLeavesTheCredentialInTheFile(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, revoking)
	w.seed(-time.Minute, "file")
	w.service.Fail(accountserver.Fault{Path: accountserver.TokenPath, Status: 503})
	if code, _, said := w.run("auth", "token"); code != exitUnavailable {
		t.Errorf("exit %d: %s", code, said)
	}
	w.wantStored("a renewal that failed", "file")
	w.service.ClearFaults()
	w.token()
	w.must("auth", "refresh")
	w.wantStored("two renewals", "file")
	token := w.token()
	if err := w.fake().Break("unavailable"); err != nil { // as over SSH
		t.Fatal(err)
	}
	if w.token() != token || !w.service.Valid(token) {
		t.Error("without the keychain it is another token")
	}
}

// 6: Two sign-ins at once leave a session alive that no store holds.
func TestConcurrentSignInsLeaveOneSession(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"keychain", "file"} {
		t.Run(where, func(t *testing.T) {
			w := fakeWorld(t, accountserver.Config{OfferRevocation: true}).storing(where)
			const persons = 4
			var all sync.WaitGroup
			for range persons {
				all.Go(func() {
					if said, err := w.login(w.command("login", "--no-browser")); err != nil {
						t.Errorf("%v: %s", err, said)
					}
				})
			}
			all.Wait()
			if token, living := w.token(), w.service.living(); !w.service.Valid(token) || living != 1 {
				t.Errorf("%d of %d sessions live", living, persons)
			}
		})
	}
}
