//go:build !windows

package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/terminal"
)

// appWorlds are where the app is run with a person who signs in.
var appWorlds = []struct {
	name string
	kept string // in the header
	make func(testing.TB, accountserver.Config) *world
}{
	{"gnome-keyring", "keychain (Secret Service", realWorld},
	{"file", "auth.json", func(t testing.TB, cfg accountserver.Config) *world {
		w := fakeWorld(t, cfg)
		w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
		return w
	}},
}

// From the first start to a prompt and back: a sign-out in one terminal cuts the
// answer in another.
func TestAppFromSignInToSignOut(t *testing.T) {
	t.Parallel()
	heard.secret("demo-secret-3f9c1a77d2", "demo-secret-b04e66815c") // of the service's MCP definitions
	for _, c := range appWorlds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := c.make(t, accountserver.Config{ChunkDelay: 100 * time.Millisecond, OfferRevocation: true})
			at := w.screen(wide)
			at.shows("Sign in with Mogplex")
			at.presses("enter")
			at.signsIn(ada)
			at.shows("Ada Lovelace")
			at.shows(c.kept)
			access := w.token()
			heard.secret(access)
			at.enters("hello there")
			at.shows("no model has read it.")
			at.entersBehindAnAnswer("/mcp", "Authorization: ••••")
			at.shows("FILES_API_KEY=••••")
			at.enters("/status")
			at.shows("Signed in to Mogplex as Ada Lovelace")

			other := w.screen(wide)
			other.shows("Ada Lovelace")
			at.enters("a prompt with so many words that its answer takes long enough to be cut " + strings.Repeat("word ", 60))
			at.shows("You wrote: a prompt with so many")
			other.enters("/logout")
			other.shows("Sign in with Mogplex")
			at.shows("Signed out in another terminal.")
			if at.Screen().Contains("no model has read it.") && w.service.Valid(access) {
				t.Error("the answer went on")
			}
			eventually(t, "the end of the session at the service", func() bool { return !w.service.Valid(access) })
			other.presses("esc")
			for _, s := range []*screen{at, other} {
				s.shows("Not signed in")
				s.leaves()
			}
			w.logsAreClean()
		})
	}
}

// A pasted personal access token is stored and never shown.
func TestAppPastedToken(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token := w.service.issuePAT()
	at := w.screen(terminal.Size{Columns: 40, Rows: 12})
	at.shows("personal access token")
	at.presses("2")
	at.shows("not shown")
	if err := at.Paste(token + "\n"); err != nil {
		t.Fatal(err)
	}
	at.shows("36 characters")
	at.presses("enter")
	at.shows("keychain")
	at.shows("/help")
	at.enters("hi")
	at.shows("You wrote: hi")
	at.leaves()
	if w.token() != token {
		t.Error("another token was stored")
	}
	w.logsAreClean()
}

// Plain mode too refuses a paste of more than one word, with a message.
func TestPlainRefusesMoreThanOneWord(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	at := w.screen(wide, "--plain")
	at.shows("personal access token")
	at.enters("2")
	at.shows("not shown")
	if err := at.Paste("export KEY=slip\n"); err != nil {
		t.Fatal(err)
	}
	at.shows("one word of printable characters")
	at.enters("/quit")
	at.ends(exitOK)
	if code, _, _ := w.run("auth", "token"); code != exitNotSignedIn {
		t.Errorf("auth token: exit %d", code)
	}
}

// A token that the service does not know is refused and not stored.
func TestAppRefusesAWrongToken(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	token := "mog_" + strings.Repeat("markMARK", 4)
	heard.secret(token)
	at := w.screen(wide)
	at.shows("personal access token")
	at.presses("2")
	at.shows("not shown")
	at.enters(token)
	at.shows("nothing was stored")
	at.shows("/settings/api-keys")
	at.presses("ctrl+c", "ctrl+c")
	at.ends(exitOK)
	if code, _, _ := w.run("auth", "token"); code != exitNotSignedIn {
		t.Errorf("auth token: exit %d", code)
	}
}

// A provider's key is stored and active; signing out of the account keeps it.
func TestAppProviderKey(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	key := "sk-proj-MARKMARKMARK0123456789"
	heard.secret(key)
	at := w.screen(wide)
	at.shows("provider's API key")
	at.presses("3")
	at.shows("anthropic")
	at.presses("down", "enter")
	at.shows("not shown")
	at.enters(key)
	at.shows("Stored the openai key in")
	at.enters("hi")
	at.shows("Pick one with /models.")
	at.enters("/logout")
	at.shows("Nothing was stored for mogplex. · Active now: openai key, from keychain (fake keychain). `mogplex logout --provider openai` removes it.")
	at.leaves()
	if got := strings.TrimSpace(w.must("auth", "token", "--provider", "openai")); got != key {
		t.Error("another key was stored")
	}
	w.logsAreClean()
}

// A sign-out names the variable that still signs in.
func TestAppSignOutUnderAVariable(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	w.env = append(w.env, "MOGPLEX_API_KEY="+w.service.issuePAT())
	at := w.screen(wide)
	at.shows("MOGPLEX_API_KEY")
	at.enters("/logout")
	at.shows("Removed the mogplex credential for " + w.service.url + " from the keychain.")
	at.shows("MOGPLEX_API_KEY still signs in")
	at.enters("hi")
	at.shows("You wrote: hi")
	at.leaves()
}

// On another machine: one key copies the address, and the callback address is pasted
// and not shown. A sign-in cancelled before does no harm.
func TestAppPastedCallback(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	at := w.screen(wide)
	at.shows("Sign in with Mogplex")
	at.presses("enter")
	at.shows("Waiting for you")
	at.presses("esc")
	at.shows("personal access token")
	at.presses("1")
	callback := at.callback(ada)
	at.presses("c")
	at.until("the copied address", func(terminal.Screen) bool { return strings.Contains(at.Clipboard(), "/authorize?") })
	if err := at.Paste(callback); err != nil {
		t.Fatal(err)
	}
	at.shows("characters")
	at.presses("enter")
	at.shows("Ada Lovelace")
	at.leaves()
	w.logsAreClean()
}

// A revocation that fails is retried in the background. The app reports at its end
// what it could not revoke.
func TestAppSignOutWhileTheServiceIsDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		back  bool // the service is, before the app ends
		shows string
	}{{"it comes back", true, ""}, {"it does not", false, "The refresh token still works at"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
			_, refresh := w.seed(time.Hour, "keychain")
			at := w.screen(wide)
			at.shows("Ada Lovelace")
			w.service.Fail(accountserver.Fault{Path: accountserver.RevokePath, Status: 503})
			at.enters("/logout")
			at.shows("Sign in with Mogplex")
			if c.back {
				w.service.ClearFaults()
				eventually(t, "the end of the session", func() bool { return !w.service.RefreshValid(refresh) })
			}
			at.presses("ctrl+c", "ctrl+c")
			at.ends(exitOK)
			if c.shows != "" && !at.Screen().Contains(c.shows) {
				t.Errorf("it does not say %q: %s", c.shows, at.Screen())
			}
		})
	}
}

// A keychain that can't be read is reported as such, not as "not signed in", and can
// be retried.
func TestAppLockedKeychain(t *testing.T) {
	t.Parallel()
	w := realWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	w.env = append(w.env, "MOGPLEX_KEYCHAIN_TIMEOUT="+longest.String())
	if err := w.session.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := w.screen(wide)
	at.shows("The credential could not be looked up")
	if at.Screen().Contains("not signed in") {
		t.Errorf("it says that nobody is signed in: %s", at.Screen())
	}
	if err := w.session.Unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	at.presses("r")
	at.shows("Ada Lovelace")
	at.leaves()
}

// With --logout the app starts whether or not the service revokes the session, and
// asks nobody whether to retry.
func TestAppGoesOnAfterASignOut(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true})
	w.seed(time.Hour, "keychain")
	w.service.Fail(accountserver.Fault{Path: accountserver.RevokePath, Status: 503, RetryAfter: "60"})
	at := w.screen(wide, "--logout")
	at.shows("You are not signed in.")
	at.presses("q")
	at.ends(exitOK)
	if !at.Screen().Contains("The refresh token still works at") {
		t.Errorf("it does not say what is left:\n%s", at.Screen())
	}
}

// With --logout the login screen is shown even if a provider's key is active: the
// sign-out was of the account.
func TestAppAsksForASignInAfterASignOut(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	cmd := w.command("login", "--provider", "openai", "--with-api-key")
	cmd.Stdin = strings.NewReader("sk-proj-0123456789abcdef")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	at := w.screen(wide, "--logout")
	at.shows("Sign in with Mogplex")
	at.shows("Active now: openai key")
	at.presses("esc")
	at.shows("/models picks a model")
	at.leaves()
}
