package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// evil is a text that steers a terminal, reorders a line, and is markup.
const evil = "\x00\x1b]0;owned\a\x1b[31mAda\u202e\u2066\u009b2J <b>Lovelace\u2028</b>\r\b"

// wantHarmless fails if a text has raw control or format characters.
func wantHarmless(t *testing.T, what, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			t.Errorf("%s holds %U: %q", what, r, text)
			return
		}
	}
}

func TestJSONIsExactAndEscaped(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := program{stdout: &out}
	want := evil + "\U000e0041 é 🙂"
	p.printJSON(map[string]string{"text": want})
	var got map[string]string
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil || got["text"] != want {
		t.Errorf("%v: %q", err, got)
	}
	wantHarmless(t, "the JSON", out.String())
	if !strings.Contains(out.String(), "é 🙂") {
		t.Errorf("what is harmless is escaped: %s", out.String())
	}
}

// The name and address of an account, from the service or a stored entry, are
// cleaned wherever they are shown: terminal, JSON, the page after sign-in.
func TestAHostileNameIsCleaned(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{Accounts: []accountserver.Account{{ID: evil, Email: evil, Name: evil}}})
	cmd, address, stderr := w.listeningLogin()
	callback, err := walk(address, evil)
	if err != nil {
		t.Fatal(err)
	}
	page := arrive(t, callback)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	wantHarmless(t, "the page", page)
	if strings.Contains(page, "<b>") || !strings.Contains(page, "Lovelace") {
		t.Errorf("the page is %s", page)
	}
	wantHarmless(t, "login", stderr.String())
	w.wantHarmlessStatus(t)

	inJSON, _ := json.Marshal(evil)
	entry := fmt.Sprintf(`{"type":"oauth","access_token":"a","issuer":%q,"scopes":[%s],"saved_at":"2100-01-01T00:00:00Z",`+
		`"account":{"id":%s,"email":%s,"name":%s}}`, w.service.url, inJSON, inJSON, inJSON, inJSON)
	text := fmt.Sprintf(`{"version":1,"credentials":{"mogplex":%s,%s:{"type":"api_key","key":"k"}}}`, entry, inJSON)
	if err := os.WriteFile(w.state("auth.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.wantHarmlessStatus(t)
	for _, args := range []string{"auth migrate --json", "logout --all --json", "auth status --json"} {
		_, out, said := w.run(strings.Fields(args)...)
		wantHarmless(t, args, out+said)
	}
}

func (w *world) wantHarmlessStatus(t *testing.T) {
	t.Helper()
	if text := w.must("auth", "status"); !strings.Contains(text, "Lovelace") {
		t.Errorf("status is %s", text)
	} else {
		wantHarmless(t, "status", text)
	}
	wantHarmless(t, "status --json", w.must("auth", "status", "--json"))
}

// A hostile answer ends in a clear error, visits no other origin, and loses nothing
// that was stored.
func TestAHostileService(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	t.Cleanup(elsewhere.Close)
	inJSON, _ := json.Marshal(evil)
	for _, c := range []struct {
		name, args string
		fault      accountserver.Fault
		exit       int
		words      string
	}{
		{"redirects a refresh", "auth refresh", accountserver.Fault{Path: accountserver.TokenPath, Redirect: elsewhere.URL, Status: 307}, exitUnavailable, "no usable answer"},
		{"redirects a question", "auth status --check", accountserver.Fault{Path: accountserver.APIPath, Redirect: elsewhere.URL, Status: 307}, exitNotSignedIn, "does not accept"},
		{"redirects discovery", "login --no-browser --timeout 1s", accountserver.Fault{Path: "/.well-known", Redirect: elsewhere.URL}, exitFailure, "not finished in time"},
		{"discovers elsewhere", "login --no-browser", accountserver.Fault{Path: "/.well-known", Body: `{"issuer":"ORIGIN","token_endpoint":"` + elsewhere.URL + `/t"}`}, exitFailure, "points to another origin"},
		{"revokes elsewhere", "logout", accountserver.Fault{Path: "/.well-known", Body: `{"issuer":"ORIGIN","revocation_endpoint":"` + elsewhere.URL + `/r"}`}, exitOK, "points to another origin"},
		{"an error that steers", "auth refresh", accountserver.Fault{Path: accountserver.TokenPath, Status: 400, Body: fmt.Sprintf(`{"error":%s,"error_description":%s}`, inJSON, inJSON)}, exitFailure, "Ada"},
		{"a token that is a header", "auth refresh", accountserver.Fault{Path: accountserver.TokenPath, Body: `{"access_token":"a\r\nX: y"}`}, exitFailure, "unacceptable answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{})
			token, refresh := w.seed(time.Hour, "keychain")
			c.fault.Body = strings.ReplaceAll(c.fault.Body, "ORIGIN", w.service.url)
			w.service.Fail(c.fault)
			code, out, said := w.run(strings.Fields(c.args)...)
			if code != c.exit || !strings.Contains(said, c.words) || visits.Load() > 0 {
				t.Errorf("exit %d, %d visits elsewhere: %s", code, visits.Load(), said)
			}
			wantHarmless(t, c.args, out+said)
			w.service.ClearFaults()
			if c.args != "logout" && (w.token() != token || !w.service.RefreshValid(refresh)) {
				t.Error("the session is gone")
			}
		})
	}
}

// A token of any announced lifetime is stored and returned, and is not renewed in a
// loop.
func TestAnAbsurdLifetimeDoesNotLoop(t *testing.T) {
	t.Parallel()
	for _, life := range []string{"0", "-1", "1e300", `"3600"`, "null", `"soon"`} {
		t.Run(life, func(t *testing.T) {
			w := fakeWorld(t, accountserver.Config{})
			w.seed(-time.Minute, "keychain")
			access, refresh := w.service.issue()
			w.service.Fail(accountserver.Fault{Path: accountserver.TokenPath, Body: fmt.Sprintf(
				`{"access_token":%q,"refresh_token":%q,"token_type":"Bearer","expires_in":%s}`, access, refresh, life)})
			for range 3 {
				if w.token() != access {
					t.Error("another token is handed out")
				}
			}
			if n := w.service.refreshes(); n != 1 {
				t.Errorf("%d refresh requests", n)
			}
			w.must("auth", "status", "--json")
		})
	}
}
