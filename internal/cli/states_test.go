package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// signedOutState is a reason why no credential is active, and what `auth status`
// reports about it.
type signedOutState struct {
	name  string
	real  bool // with gnome-keyring
	cause func(*world) error
	args  string
	layer string // "keychain locked": its state
	row   string // the same in text, if it is another word
	exit  int
	code  string // of the error object
	says  string
	hint  string // the next thing to do
}

func signedOutStates() []signedOutState {
	breaks := func(fault keyringtest.Fault) func(*world) error {
		return func(w *world) error { return w.fake().Break(fault) }
	}
	return []signedOutState{
		{name: "nothing stored", layer: "keychain absent", exit: 64, code: "not_signed_in", says: "no credential is set or stored", hint: "mogplex login"},
		{name: "locked", real: true, cause: func(w *world) error { return w.session.Lock(w.Context()) },
			layer: "keychain locked", exit: 75, code: "keychain_locked", says: "the keychain is locked", hint: "Unlock"},
		{name: "no answer", real: true, cause: func(w *world) error {
			w.env = append(w.env, "MOGPLEX_KEYCHAIN_TIMEOUT=300ms")
			return w.session.StopProvider()
		}, layer: "keychain timeout", exit: 75, code: "keychain_timeout", says: "did not answer in time", hint: "MOGPLEX_KEYCHAIN_TIMEOUT"},
		{name: "refused by the bus", real: true, cause: func(w *world) error { return w.session.Forbid(w.Context()) },
			layer: "keychain denied", exit: 69, code: "keychain_denied", says: "refused access", hint: "Allow mogplex"},
		{name: "refused by the keychain", cause: breaks(keyringtest.Denied),
			layer: "keychain denied", exit: 69, code: "keychain_denied", says: "refused access", hint: "Allow mogplex"},
		{name: "no keychain", real: true, cause: func(w *world) error { return w.session.KillProvider() },
			layer: "keychain unavailable", exit: 64, code: "not_signed_in", says: "there is no keychain to look into", hint: "mogplex login"},
		{name: "no keychain where one is required", real: true, cause: func(w *world) error {
			w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=keychain")
			return w.session.KillProvider()
		}, layer: "keychain unavailable", exit: 69, code: "keychain_unavailable", says: "no keychain can be reached", hint: "Start a keychain"},
		{name: "an item that is damaged", real: true, cause: damageItem,
			layer: "keychain corrupt", exit: 1, code: "corrupt", says: "damaged", hint: "mogplex logout"},
		{name: "a file that is cut off", cause: func(w *world) error { return w.writeFile(`{"mogplex": {"token": "mog_`) },
			layer: "file corrupt", exit: 1, code: "corrupt", says: "line 1", hint: "Fix the file"},
		{name: "a directory for a file", cause: func(w *world) error { return os.MkdirAll(w.state("auth.json"), 0o700) },
			layer: "file corrupt", exit: 1, code: "file_refused", says: "auth.json", hint: "Move that file away"},
		{name: "a file of somebody else's", cause: func(w *world) error {
			if os.Geteuid() != 0 {
				w.Skip("only root can give a file away")
			}
			return errors.Join(w.writeFile(`{}`), os.Chown(w.state("auth.json"), 65534, -1))
		}, layer: "file denied", exit: 1, code: "file_refused", says: "owned by another user", hint: "Move that file away"},
		{name: "a variable with a line break inside", cause: func(w *world) error {
			w.env = append(w.env, "GROQ_API_KEY=gsk_0123\n456789")
			return nil
		}, layer: "env corrupt", exit: 1, code: "bad_variable", says: "GROQ_API_KEY contains a space, a line break", hint: "Correct the variable"},
		{name: "expired for good", cause: func(w *world) error {
			return w.writeEntry(`{"type": "oauth", "access_token": "dead-0123456789", "expires_at": "2023-11-14T22:13:20Z", "issuer": "ORIGIN"}`)
		}, layer: "file present", exit: 64, code: "not_signed_in", says: "has expired", hint: "Sign in again"},
		{name: "a refresh token that was refused", cause: func(w *world) error {
			w.seed(-time.Hour, "keychain")
			w.service.RevokeAll(ada)
			w.run("auth", "token") // asks the service, and stores the answer
			return nil
		}, layer: "keychain present", exit: 64, code: "not_signed_in", says: "does not accept the refresh token", hint: "Sign in again"},
		{name: "refused by the service", cause: func(w *world) error {
			other := accountserver.New(accountserver.Config{}).IssuePAT(ada)
			heard.secret(other)
			return w.writeEntry(`{"type": "pat", "token": "` + other + `", "issuer": "ORIGIN"}`)
		}, args: "--check", layer: "file present", exit: 64, code: "not_signed_in", says: "does not accept", hint: "Sign in again"},
		{name: "a stale variable over a session that works", cause: func(w *world) error {
			w.seed(time.Hour, "keychain")
			other := accountserver.New(accountserver.Config{}).IssuePAT(ada)
			heard.secret(other)
			w.env = append(w.env, "MOGPLEX_API_KEY="+other)
			return nil
		}, args: "--check", layer: "keychain present", row: "hidden by env", exit: 64, code: "not_signed_in", says: "does not accept", hint: "Correct MOGPLEX_API_KEY"},
		{name: "ended at the service, renewable", cause: func(w *world) error {
			w.seed(time.Hour, "keychain")
			w.service.ExpireAccess()
			return nil
		}, args: "--check", layer: "keychain present", exit: 64, code: "not_signed_in", says: "does not accept", hint: "mogplex auth refresh"},
	}
}

// damageItem has another program write under our name.
func damageItem(w *world) error {
	if _, err := exec.LookPath("secret-tool"); err != nil {
		deep.Missing(w, "secret-tool is not installed")
	}
	w.seed(time.Hour, "keychain")
	cmd := exec.Command("secret-tool", "store", "--label=x", "service", "mogplex", "username", w.account("mogplex"),
		"xdg:schema", "com.mogplex.Credential")
	cmd.Env, cmd.Stdin = w.env, strings.NewReader("not what mogplex wrote")
	return cmd.Run()
}

// TestStatusTellsEveryStateFromTheOthers produces each state and reads it in text and JSON: one
// state reported as another would suggest the wrong fix.
func TestStatusTellsEveryStateFromTheOthers(t *testing.T) {
	t.Parallel()
	for _, p := range signedOutStates() {
		t.Run(p.name, func(t *testing.T) {
			stage := fakeWorld
			if p.real {
				stage = realWorld
			}
			w := stage(t, accountserver.Config{})
			if p.cause != nil {
				if err := p.cause(w); err != nil {
					t.Fatal(err)
				}
			}
			args := append([]string{"auth", "status"}, strings.Fields(p.args)...)
			code, stdout, stderr := w.run(args...)
			layer, state, _ := strings.Cut(p.layer, " ")
			words := map[string]string{"timeout": "timed out", "present": "active"}
			word := cmp.Or(p.row, words[state], state)
			if code != p.exit || !strings.Contains(stderr, p.says) || !strings.Contains(stderr, p.hint) || !hasRow(stdout, layerTitle(layer), word) {
				t.Errorf("exit %d: %s%s", code, stdout, stderr)
			}
			if strings.Contains(stdout, "Signed in") || p.code != "not_signed_in" && strings.Contains(stderr, "not signed in") {
				t.Errorf("it speaks of being signed in or out: %s%s", stdout, stderr)
			}
			w.wantState(p, append(args, "--json")...)
			w.wantSameEnd(p)
		})
	}
}

// TestStatusReportsASuspiciousVariable has a variable of each wrong kind beside
// a good one: status reports which key is used, in text and JSON, and prints none.
func TestStatusReportsASuspiciousVariable(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	values := map[string]string{"MOGPLEX_API_KEY": "mog_0123456789", "ANTHROPIC_API_KEY": " ", "OPENAI_API_KEY": `"sk-proj-0123456789"`,
		"GROQ_API_KEY": "gsk_0123456789\n", "XAI_API_KEY": "xai-0123 456789", "MISTRAL_API_KEY": "sk-ant-0123456789"}
	for name, value := range values {
		heard.secret(strings.Trim(value, "\" \n"))
		w.env = append(w.env, name+"="+value)
	}
	said := []string{"ANTHROPIC_API_KEY is set but blank", "OPENAI_API_KEY has quotation marks", "GROQ_API_KEY has spaces or a line break around",
		"XAI_API_KEY contains a space", "MISTRAL_API_KEY looks like a key of anthropic"}
	for _, args := range []string{"auth status", "auth status --json", "auth status --provider mogplex"} {
		code, stdout, stderr := w.run(strings.Fields(args)...)
		for _, words := range said {
			if code != 0 || !strings.Contains(stdout+stderr, words) {
				t.Errorf("%s does not say %q: exit %d: %s%s", args, words, code, stdout, stderr)
			}
		}
		if strings.Contains(stdout+stderr, "MOGPLEX_API_KEY has") {
			t.Errorf("%s complains of what is fine: %s", args, stdout+stderr)
		}
	}
}

// fake is the world's fake keychain.
func (w *world) fake() keyringtest.Fake {
	for _, pair := range w.env {
		if dir, ok := strings.CutPrefix(pair, "KEYCHAIN="); ok {
			return keyringtest.Fake{Dir: dir}
		}
	}
	w.Fatal("there is no fake keychain here")
	return keyringtest.Fake{}
}

// writeFile writes auth.json as it is.
func (w *world) writeFile(text string) error {
	if err := os.MkdirAll(w.state(""), 0o700); err != nil {
		return err
	}
	return os.WriteFile(w.state("auth.json"), []byte(text), 0o600)
}

// writeEntry writes an auth.json with the account's entry; ORIGIN in it is the
// service.
func (w *world) writeEntry(entry string) error {
	entry = strings.ReplaceAll(entry, "ORIGIN", w.service.url)
	return w.writeFile(fmt.Sprintf(`{"version": 1, "credentials": {%q: %s}}`, w.service.name(), entry))
}

// hasRow reports whether a line of the table of layers has a state.
func hasRow(text, layer, word string) bool {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), layer+" "); ok && strings.HasPrefix(strings.TrimSpace(rest), word) {
			return true
		}
	}
	return false
}

// wantState reads the same in JSON.
func (w *world) wantState(p signedOutState, args ...string) {
	w.Helper()
	code, stdout, stderr := w.run(args...)
	var got struct {
		SignedIn bool `json:"signed_in"`
		Layers   []struct{ Layer, State string }
		Error    struct{ Code, Message, Hint string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || stderr != "" {
		w.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	said := ""
	for _, l := range got.Layers {
		if strings.HasPrefix(p.layer, l.Layer+" ") {
			said = l.Layer + " " + l.State
		}
	}
	if code != p.exit || got.SignedIn || got.Error.Code != p.code || said != p.layer ||
		!strings.Contains(got.Error.Message, p.says) || !strings.Contains(got.Error.Hint, p.hint) {
		w.Errorf("exit %d: %s", code, stdout)
	}
}

// wantSameEnd compares with the answer to a program that wants the token.
func (w *world) wantSameEnd(p signedOutState) {
	w.Helper()
	if p.args != "" {
		return
	}
	if code, stdout, stderr := w.run("auth", "token"); code != p.exit || stdout != "" || !strings.Contains(stderr, p.says) {
		w.Errorf("auth token: exit %d: %s", code, stderr)
	}
	if code, stdout, stderr := w.run(); code != p.exit || stdout != "" || !strings.Contains(stderr, p.says) {
		w.Errorf("mogplex alone: exit %d: %s", code, stderr)
	}
}
