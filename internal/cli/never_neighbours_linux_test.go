package cli

import (
	"cmp"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// neighbour is another program that keeps an item of the same service and
// account as ours. SERVICE and ACCOUNT stand for these.
type neighbour struct {
	name, stdin, want string
	store, fetch      []string
}

const theirSecret = "their secret"

var neighbours = []neighbour{
	{
		name: "Python's keyring", stdin: theirSecret + "\n", want: theirSecret,
		store: []string{"/usr/bin/python3", "-m", "keyring", "set", "SERVICE", "ACCOUNT"},
		fetch: []string{"secret-tool", "lookup", "application", "Python keyring library", "username", "ACCOUNT"},
	},
	{
		name: "secret-tool with our two attributes", stdin: theirSecret, want: theirSecret,
		store: []string{"secret-tool", "store", "--label=theirs", "service", "SERVICE", "username", "ACCOUNT"},
		fetch: []string{"secret-tool", "search", "--all", "service", "SERVICE", "username", "ACCOUNT"},
	},
	{
		name: "secret-tool with more attributes", stdin: theirSecret, want: theirSecret,
		store: []string{"secret-tool", "store", "--label=theirs", "service", "SERVICE", "username", "ACCOUNT", "more", "theirs"},
		fetch: []string{"secret-tool", "lookup", "username", "ACCOUNT", "more", "theirs"},
	},
	{
		name: "docker-credential-secretservice", want: theirSecret,
		stdin: `{"ServerURL":"SERVICE","Username":"ACCOUNT","Secret":"` + theirSecret + `"}`,
		store: []string{"docker-credential-secretservice", "store"},
		fetch: []string{"secret-tool", "lookup", "server", "SERVICE", "username", "ACCOUNT"},
	},
}

// TestSignOutWorksBesideAnotherProgramsItem is case 24: another program keeps an
// item under our service and account. Signing in, renewing and signing out go on
// beside it, its item stays as it is, and status speaks of ours alone.
func TestSignOutWorksBesideAnotherProgramsItem(t *testing.T) {
	t.Parallel()
	for _, n := range neighbours {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			w := realWorld(t, accountserver.Config{StrictRotation: true, OfferRevocation: true})
			w.seed(time.Hour, "keychain") // from now on the account has its name
			w.must("logout")
			w.neighbour(n.stdin, n.store)
			w.besides(n, "keychain absent", "before the sign-in")
			if code, _, _ := w.run("auth", "token"); code != exitNotSignedIn {
				t.Errorf("their secret is handed out: exit %d", code)
			}
			if said, err := w.login(w.command("login", "--no-browser")); err != nil || strings.Contains(said, "replaces") {
				t.Fatalf("%v: %s", err, said)
			}
			w.besides(n, "keychain present", "signed in")
			first := w.token()
			w.must("auth", "refresh")
			if token := w.token(); token == first || !w.service.Valid(token) {
				t.Error("it was not renewed")
			}
			w.besides(n, "keychain present", "renewed")
			w.must("logout")
			w.besides(n, "keychain absent", "signed out")
			w.seed(time.Hour, "keychain")
			w.must("logout", "--all")
			w.besides(n, "keychain absent", "signed out of everything")
		})
	}
}

// besides compares what the other program reads and what status says.
func (w *world) besides(n neighbour, state, when string) {
	w.Helper()
	if got := w.neighbour("", n.fetch); !strings.Contains(got, n.want) {
		w.Errorf("%s: their item is %q", when, got)
	}
	layer, want, _ := strings.Cut(state, " ")
	code, stdout, stderr := w.run("auth", "status")
	if shown := map[string]string{"present": "active"}[want]; !hasRow(stdout, layer, cmp.Or(shown, want)) || (code == exitOK) != (want == "present") {
		w.Errorf("%s: exit %d: %s%s", when, code, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, "Warning") {
		w.Errorf("%s: status warns: %s", when, stderr)
	}
}

// neighbour runs another program.
func (w *world) neighbour(stdin string, args []string) string {
	w.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		deep.Missing(w, args[0]+" is not installed")
	}
	names := strings.NewReplacer("SERVICE", "mogplex", "ACCOUNT", w.account("mogplex"))
	args = slices.Clone(args)
	for i := range args {
		args[i] = names.Replace(args[i])
	}
	cmd := exec.CommandContext(w.Context(), args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(names.Replace(stdin))
	cmd.Env = append(w.env, "PYTHON_KEYRING_BACKEND=keyring.backends.SecretService.Keyring")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.Errorf("%s: %v: %s", args[0], err, out)
	}
	return string(out)
}
