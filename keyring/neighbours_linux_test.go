package keyring_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	gokeyring "github.com/zalando/go-keyring"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

// providers are the Secret Services that a test can run against.
var providers = []struct {
	name  string
	start func(*testing.T)
}{
	{"gnome-keyring", func(t *testing.T) { session(t, keyringtest.Options{}) }},
	{"KeePassXC", func(t *testing.T) { keePassXC(t, keyringtest.KeePassConfig) }},
	{"KWallet", func(t *testing.T) { startKWallet(t, "").open() }},
}

// neighbour is another program with an item for the same service and account.
type neighbour struct {
	name         string
	store, fetch []string
	stdin        string // of store
	want         string // that fetch prints
}

var neighbours = []neighbour{
	{"secret-tool with the same two attributes", []string{"secret-tool", "store", "--label=theirs", "service", "mogplex-test", "username", "a"},
		[]string{"secret-tool", "search", "--all", "service", "mogplex-test", "username", "a"}, "their secret", "their secret"},
	{"secret-tool with more attributes", []string{"secret-tool", "store", "--label=theirs", "service", "mogplex-test", "username", "a", "more", "theirs"},
		[]string{"secret-tool", "lookup", "more", "theirs"}, "their secret", "their secret"},
	{"Python's keyring", []string{"python3", "-m", "keyring", "set", "mogplex-test", "a"},
		[]string{"secret-tool", "lookup", "application", "Python keyring library"}, "their secret\n", "their secret"},
	{"docker-credential-secretservice", []string{"docker-credential-secretservice", "store"},
		[]string{"docker-credential-secretservice", "list"}, `{"ServerURL":"mogplex-test","Username":"a","Secret":"their secret"}`, `"mogplex-test":"a"`},
}

func (n neighbour) run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	if args[0] == "python3" {
		cmd.Path = pythonWithKeyring(t)
	}
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "PYTHON_KEYRING_BACKEND=keyring.backends.SecretService.Keyring")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// pythonWithKeyring finds the Python whose keyring package is installed, which need not be the first one in PATH.
func pythonWithKeyring(t *testing.T) string {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import keyring, secretstorage").Run() == nil {
			path, _ := exec.LookPath(python)
			return path
		}
	}
	deep.Missing(t, "Python's keyring is not installed")
	return ""
}

func TestTheItemOfAnotherProgramStaysAsItIsAndOursBesideIt(t *testing.T) {
	installed(t, "secret-tool", "docker-credential-secretservice")
	for _, p := range providers[:2] { // of KWallet, libsecret wants a plugin that Debian does not install with it
		t.Run(p.name, func(t *testing.T) {
			p.start(t)
			for _, n := range neighbours {
				t.Run(n.name, func(t *testing.T) {
					n.run(t, n.stdin, n.store...)
					theirs := func(when string) {
						if got := n.run(t, "", n.fetch...); !strings.Contains(got, n.want) {
							t.Errorf("%s: their item is %q", when, got)
						}
					}
					theirs("before")
					liveBeside(t, theirs)
				})
			}
		})
	}
}

func TestTheItemOfAnotherGoKeyringProgramStaysAsItIs(t *testing.T) {
	for _, p := range providers {
		t.Run(p.name, func(t *testing.T) {
			p.start(t)
			if err := gokeyring.Set("mogplex-test", "a", "their secret"); err != nil {
				t.Fatal(err)
			}
			plain := keyring.Open("mogplex-test", keyring.Options{Timeout: limit, Plain: true})
			defer plain.Close()
			liveBeside(t, func(when string) {
				if got, found, err := plain.Get(t.Context(), "a"); string(got) != "their secret" || !found || err != nil {
					t.Errorf("%s: their item is %q, found %v, %v", when, got, found, err)
				}
			})
		})
	}
}

// liveBeside does with the account what mogplex does with a credential.
func liveBeside(t *testing.T, theirs func(when string)) {
	k := open(keyring.Options{})
	defer k.Close()
	if _, found, err := k.Get(t.Context(), "a"); found || err != nil {
		t.Fatalf("get: found %v, %v", found, err)
	}
	for _, value := range []string{"signed in", "renewed", "renewed again"} {
		if err := k.Update(t.Context(), "a", store(value)); err != nil {
			t.Fatalf("update: %v", err)
		}
		if got, _, err := k.Get(t.Context(), "a"); string(got) != value || err != nil {
			t.Fatalf("get: %q, %v", got, err)
		}
		theirs(value)
	}
	if accounts, err := k.List(t.Context()); len(accounts) != 1 || err != nil {
		t.Errorf("list: %q, %v", accounts, err)
	}
	if removed, err := k.Delete(t.Context(), "a"); !removed || err != nil {
		t.Errorf("delete: removed %v, %v", removed, err)
	}
	if _, found, err := k.Get(t.Context(), "a"); found || err != nil {
		t.Errorf("get after delete: found %v, %v", found, err)
	}
	theirs("signed out")
}

// A caller can ask for what another program stored through go-keyring, under any
// name.
func TestAnItemOfAnotherGoKeyringProgramIsReadableIfAskedFor(t *testing.T) {
	session(t, keyringtest.Options{})
	for _, account := range []string{"a", "Someone@example.test"} {
		if err := gokeyring.Set("mogplex-test", account, "theirs"); err != nil {
			t.Fatal(err)
		}
		for _, plain := range []bool{false, true} {
			got, found, err := open(keyring.Options{Plain: plain}).Get(t.Context(), account)
			if found != plain || err != nil || plain && string(got) != "theirs" {
				t.Errorf("%s, plain %v: %q, found %v, %v", account, plain, got, found, err)
			}
		}
	}
}

// A library without a schema recognises its items by their payload. So does a later
// version with a schema.
func TestAnItemWithoutASchemaIsAdopted(t *testing.T) {
	session(t, keyringtest.Options{})
	before := keyring.Open("mogplex-test", keyring.Options{Timeout: limit})
	for _, value := range []string{"one", "two"} {
		if err := before.Set(t.Context(), "a", []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	k := open(keyring.Options{Label: func(account string) string { return "label of " + account }})
	err := k.Update(t.Context(), "a", func(current []byte) ([]byte, error) {
		if string(current) != "two" {
			t.Errorf("it holds %q", current)
		}
		return []byte("three"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out := neighbour{}.run(t, "", "secret-tool", "search", "--all", "service", "mogplex-test", "xdg:schema", testSchema)
	if !strings.Contains(out, "label = label of a\n") || strings.Count(out, "secret = ") != 1 {
		t.Errorf("the keychain shows %s", out)
	}
	if _, found, err := before.Get(t.Context(), "a"); found || err != nil {
		t.Errorf("without the schema: found %v, %v", found, err)
	}
}

// A headless machine has no login keyring: the daemon was started without a
// password, and its default collection ends with it.
func TestAKeychainThatForgetsIsUnavailable(t *testing.T) {
	session(t, keyringtest.Options{Forgets: true})
	out := neighbour{}.run(t, "secret", "secret-tool", "store", "--label=x", "k", "v") + neighbour{}.run(t, "", "secret-tool", "lookup", "k", "v")
	if out != "secret" {
		t.Fatalf("it does not even keep things for now: %q", out)
	}
	wantClass(t, keyring.Options{}, keyring.ErrUnavailable)
	_, _, err := open(keyring.Options{}).Get(t.Context(), "a")
	if err == nil || !strings.Contains(err.Error(), "lasts only until the session ends") || errors.Is(err, keyring.ErrDenied) {
		t.Errorf("%v; want the reason", err)
	}
}
