package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// TestScripts runs testdata/script with the fake keychain.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", Cmds: scriptCommands, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("KEYCHAIN", filepath.Join(env.WorkDir, "keychain"))
			env.Setenv("BACKEND", "fake keychain")
			return setUp(env)
		},
	})
}

// TestScriptsWithSecretService runs testdata/keychain, each script with its own
// gnome-keyring.
func TestScriptsWithSecretService(t *testing.T) {
	if program := keyringtest.Available(); program != "" {
		deep.Missing(t, program+" is not installed")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/keychain", Cmds: scriptCommands, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			dir := filepath.Join(env.WorkDir, "session")
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			session, err := keyringtest.Start(context.Background(), dir, keyringtest.Options{})
			if err != nil {
				return err
			}
			env.Defer(func() { _ = session.Close() })
			env.Values["session"] = session
			env.Setenv("BACKEND", "Secret Service (gnome-keyring)")
			if err := setUp(env); err != nil {
				return err
			}
			for _, pair := range session.Env() {
				name, value, _ := strings.Cut(pair, "=")
				if name != "HOME" {
					env.Setenv(name, value)
				}
			}
			return nil
		},
	})
}

// setUp gives a script its own home, and no session bus.
func setUp(env *testscript.Env) error {
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("USERPROFILE", filepath.Join(env.WorkDir, "home"))
	env.Setenv("STATE", filepath.Join(env.WorkDir, "home", ".mogplex"))
	env.Setenv("XDG_RUNTIME_DIR", filepath.Join(env.WorkDir, "run"))
	env.Setenv("GOCOVERDIR", os.Getenv("GOCOVERDIR"))
	env.Setenv("GORACE", noWait)
	env.Setenv("MOGPLEX_KEYCHAIN_TIMEOUT", longest.String())
	for _, name := range []string{"home", "run"} {
		if err := os.Mkdir(filepath.Join(env.WorkDir, name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// scriptCommands are the commands of the scripts besides testscript's own.
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exit":    runMogplex,
	"signin":  signInAs,
	"service": startForScript,
	"fail":    failService,
	"seed":    seedFile,
	"pat":     makePAT,
	"break": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(fake(ts).Break(keyringtest.Fault(args[0])))
	},
	"clear": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(fake(ts).Clear(keyringtest.Fault(args[0])))
	},
	"item":     checkItem,
	"expand":   expandFile,
	"keychain": lockSession,
	"json":     compareJSON,
	"valid":    checkValid,
	"requests": countRequests,
	"nosecret": searchFiles,
	"secret":   markSecrets,
	"catalog":  setCatalog,
	"aged":     makeAged,
}

func fake(ts *testscript.TestScript) keyringtest.Fake {
	return keyringtest.Fake{Dir: ts.Getenv("KEYCHAIN")}
}

func serviceOf(ts *testscript.TestScript) *service {
	s, ok := services.Load(ts.Getenv("MOGPLEX_URL"))
	if !ok {
		ts.Fatalf("no service was started")
	}
	return s.(*service)
}

// exit CODE ARG... runs mogplex, which must exit with CODE.
func runMogplex(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("mogplex", args[1:]...)
	heard.output(args[1:], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	if got := exitCode(err); got != want {
		ts.Fatalf("exit %d, want %d: %v", got, want, err)
	}
}

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// expand FILE expands environment variables in a file.
func expandFile(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}

// item PROVIDER checks that the fake keychain has an item for a provider.
func checkItem(ts *testscript.TestScript, neg bool, args []string) {
	accounts, err := fake(ts).List(context.Background())
	ts.Check(err)
	found := slices.ContainsFunc(accounts, func(account string) bool {
		what, _, _ := strings.Cut(account, ".")
		return what == args[0]
	})
	if found == neg {
		ts.Fatalf("the keychain has %v", accounts)
	}
}

// keychain lock|unlock|kill locks, unlocks or kills the script's gnome-keyring.
func lockSession(ts *testscript.TestScript, _ bool, args []string) {
	session := ts.Value("session").(*keyringtest.Session)
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	switch args[0] {
	case "lock":
		ts.Check(session.Lock(ctx))
	case "unlock":
		ts.Check(session.Unlock(ctx))
	case "kill":
		ts.Check(session.KillProvider())
	default:
		ts.Fatalf("keychain lock|unlock|kill")
	}
}

// valid [access|refresh] FILE checks that the service accepts the token in FILE.
func checkValid(ts *testscript.TestScript, neg bool, args []string) {
	token := strings.TrimSpace(ts.ReadFile(args[len(args)-1]))
	ok := serviceOf(ts).Valid(token)
	if args[0] == "refresh" {
		ok = serviceOf(ts).RefreshValid(token)
	}
	if ok == neg {
		ts.Fatalf("accepted by the service: %v", ok)
	}
}

// requests N PATH|GRANT checks how many requests reached an endpoint.
func countRequests(ts *testscript.TestScript, _ bool, args []string) {
	got := serviceOf(ts).Count(args[1])
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("%s: %d requests", args[1], got)
	}
}

// nosecret PATH... checks that files and directories hold none of the secrets of the
// test run.
func searchFiles(ts *testscript.TestScript, _ bool, args []string) {
	for _, root := range args {
		err := filepath.WalkDir(ts.MkAbs(root), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil && heard.holds(string(text)) {
				err = fmt.Errorf("%s holds a secret", path)
			}
			return err
		})
		ts.Check(err)
	}
}

// json FILE WANT compares two JSON values. In WANT, "*" matches any nonempty string or any
// number but 0, and environment variables are expanded.
func compareJSON(ts *testscript.TestScript, _ bool, args []string) {
	var got, want any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &got))
	quoted := func(name string) string {
		text, _ := json.Marshal(ts.Getenv(name))
		return string(text[1 : len(text)-1])
	}
	ts.Check(json.Unmarshal([]byte(os.Expand(ts.ReadFile(args[1]), quoted)), &want))
	if where := difference("", got, want); where != "" {
		ts.Fatalf("%s, in %s", where, ts.ReadFile(args[0]))
	}
}

func difference(at string, got, want any) string {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok || !slices.Equal(slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(want))) {
			return fmt.Sprintf("%s does not have the fields %v", at, slices.Sorted(maps.Keys(want)))
		}
		for name := range want {
			if where := difference(at+"."+name, fields[name], want[name]); where != "" {
				return where
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Sprintf("%s does not have %d elements", at, len(want))
		}
		for i := range want {
			if where := difference(fmt.Sprintf("%s[%d]", at, i), list[i], want[i]); where != "" {
				return where
			}
		}
		return ""
	}
	text, isText := got.(string)
	wanted, _ := want.(string)
	if number, ok := got.(float64); ok && wanted == "*" && number != 0 {
		return ""
	}
	if isText && (wanted == "*" && text != "" || text == filepath.FromSlash(wanted)) || reflect.DeepEqual(got, want) {
		return ""
	}
	return fmt.Sprintf("%s is %v, want %v", at, got, want)
}

// signin [as EMAIL|cancel|approve|deny] CODE ARG... runs mogplex login with a person
// who signs in at the address and pastes the callback address, or who types the code
// on another device. Its stderr goes into the file said.
func signInAs(ts *testscript.TestScript, _ bool, args []string) {
	act := walking(ada)
	switch args[0] {
	case "as":
		act, args = walking(args[1]), args[2:]
	case "cancel":
		act, args = walking(accountserver.Cancel), args[1:]
	case "approve", "deny":
		act, args = onDevice(serviceOf(ts), args[0] == "approve"), args[1:]
	}
	path, err := exec.LookPath("mogplex")
	ts.Check(err)
	cmd := exec.Command(path, append([]string{"login", "--no-browser"}, args[1:]...)...)
	cmd.Env = environment(ts)
	stdout, stderr, err := runAttended(cmd, act)
	heard.output(cmd.Args[1:], stdout, stderr)
	ts.Logf("%s%s", stdout, stderr)
	ts.Check(os.WriteFile(ts.MkAbs("said"), []byte(stderr), 0o600))
	if got := exitCode(err); fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit %d, want %s: %v", got, args[0], err)
	}
}

// runAttended runs a login with a person in front of it.
func runAttended(cmd *exec.Cmd, act person) (stdout, said string, err error) {
	var out strings.Builder
	cmd.Stdout = &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", "", err
	}
	stderr, failed := attend(stdin, act)
	cmd.Stderr = stderr
	err = cmd.Run()
	return out.String(), stderr.String(), errors.Join(err, failed())
}

// environment is the environment of a script, for processes that testscript does not
// start.
func environment(ts *testscript.TestScript) (env []string) {
	for _, name := range []string{"HOME", "USERPROFILE", "PATH", "KEYCHAIN", "MOGPLEX_URL", "MOGPLEX_DEV", "MOGPLEX_CALLBACK_PORTS", "MOGPLEX_HOME",
		"MOGPLEX_CREDENTIAL_STORE", "MOGPLEX_API_KEY", "OPENAI_API_KEY", "MOGPLEX_KEYCHAIN_TIMEOUT", "XDG_RUNTIME_DIR",
		"DBUS_SESSION_BUS_ADDRESS", "GOCOVERDIR", "GORACE", "SYSTEMROOT"} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// service [WORD...] starts an account service for the rest of the script, with the
// words of accountserver.ParseConfig.
func startForScript(ts *testscript.TestScript, _ bool, args []string) {
	cfg, err := accountserver.ParseConfig(args...)
	ts.Check(err)
	cfg.DeviceInterval = time.Second
	s := startService(deferred{ts}, cfg)
	services.Store(s.url, s)
	ts.Setenv("NAME", s.name())
	key := auth.Key{Provider: auth.Mogplex, Origin: s.url}
	ts.Setenv("HOSTED", filepath.Join(ts.Getenv("STATE"), key.Subdir())) // what the service sent
	ts.Setenv("MOGPLEX_URL", s.url)
	ts.Setenv("MOGPLEX_DEV", "1")
	name, value, _ := strings.Cut(s.ports.Env(), "=")
	ts.Setenv(name, value)
}
