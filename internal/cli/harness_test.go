package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/callback"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
)

const ada, grace = "ada@example.test", "grace@example.test"

// longest is how long a test waits for what must happen. It is much longer than
// needed, because the machine may be busy.
const longest = time.Minute

// TestMain lets the test binary run as mogplex, so that tests run it as a process of
// its own.
func TestMain(m *testing.M) {
	testscript.Main(checked{m}, map[string]func(){"mogplex": mogplexMain, "holder": holderMain})
}

func mogplexMain() { os.Exit(testProgram().main()) }

// testProgram uses the platform's keychain or, if KEYCHAIN names a directory, a fake
// whose items hold at most KEYCHAIN_LIMIT bytes. Its clock is wrong by CLOCK.
func testProgram() *program {
	p := newProgram()
	if wrong, err := time.ParseDuration(os.Getenv("CLOCK")); err == nil {
		p.env.Now = func() time.Time { return time.Now().Add(wrong) }
	}
	if dir := os.Getenv("KEYCHAIN"); dir != "" {
		limit, _ := strconv.Atoi(os.Getenv("KEYCHAIN_LIMIT"))
		p.env.OpenKeyring = func(opt keyring.Options) *keyring.Keyring {
			return keyring.New(slow{keyringtest.Fake{Dir: dir, MaxBytes: limit}}, opt)
		}
	}
	return p
}

// checked makes the checks that need the results of all tests.
type checked struct{ *testing.M }

func (c checked) Run() int {
	if signal.Ignored(syscall.SIGHUP) { // as under nohup: child processes would ignore it too
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	deep.Parallel(8)
	code := c.M.Run()
	for _, err := range []error{leftRunning(), heard.leaks()} {
		if err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// leftRunning returns an error that names goroutines which don't end.
func leftRunning() (err error) {
	for end := time.Now().Add(longest); time.Now().Before(end); {
		if err = goleak.Find(); err == nil {
			return nil
		}
	}
	return err
}

// eventually waits until done returns true.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(longest); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

// noWait keeps a process with the race detector from sleeping for a second when it
// exits, which would make every test of many processes take minutes.
const noWait = "atexit_sleep_ms=0"

// production returns the path of mogplex as it is released, built once.
var production = sync.OnceValues(func() (string, error) { return shipped("mogplex-production", "../..") })

// shipped builds a program like a release and returns its path. The file is a copy,
// because a file that the linker has just written takes a fifth longer to start: it is
// cached in smaller pages.
func shipped(name, pkg string) (path string, err error) {
	path = filepath.Join(buildDir(), name)
	build := exec.Command("go", "build", "-trimpath", "-tags=urfave_cli_no_docs", "-ldflags=-s -w", "-o", path+".linked", pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	program, err := os.ReadFile(path + ".linked")
	if err != nil {
		return "", err
	}
	return path, writeProgram(path, program)
}

// writeProgram writes an executable file. No other test starts a process meanwhile: the
// process would inherit the open file, which the kernel then refuses to execute.
func writeProgram(path string, content []byte) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, content, 0o700)
}

// buildDir returns the directory of the test binary's copy named mogplex. It is
// removed after the tests.
func buildDir() string {
	path, _ := exec.LookPath("mogplex")
	return filepath.Dir(path)
}

// service is the development account service of a test. It marks what it issues as
// secret.
type service struct {
	*accountserver.Server
	url   string
	ports callback.Ports // that it sends browsers to

	mu      sync.Mutex
	granted []string // access tokens that the token endpoint issued
}

// living counts the granted access tokens that are valid.
func (s *service) living() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range s.granted {
		if s.Valid(token) {
			n++
		}
	}
	return n
}

func startService(t interface{ Cleanup(func()) }, cfg accountserver.Config) *service {
	ports := callback.FreePorts()
	cfg.RedirectURIs = ports.RedirectURIs()
	s := &service{Server: accountserver.New(cfg), ports: ports}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &overheard{ResponseWriter: w}
		s.ServeHTTP(answer, r)
		if r.URL.Path == accountserver.TokenPath {
			var tokens map[string]any
			_ = json.Unmarshal(answer.body.Bytes(), &tokens)
			for _, name := range []string{"access_token", "refresh_token", "id_token"} {
				token, _ := tokens[name].(string)
				heard.secret(token)
			}
			token, _ := tokens["access_token"].(string)
			s.mu.Lock()
			s.granted = append(s.granted, token)
			s.mu.Unlock()
		}
	}))
	s.url = server.URL
	t.Cleanup(server.Close)
	return s
}

type overheard struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (o *overheard) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *overheard) Write(p []byte) (int, error) {
	o.body.Write(p)
	return o.ResponseWriter.Write(p)
}

// issue issues tokens to Ada without a sign-in.
func (s *service) issue() (access, refresh string) {
	access, refresh = s.IssueTokens(ada)
	heard.secret(access, refresh)
	return access, refresh
}

func (s *service) issuePAT() string {
	token := s.IssuePAT(ada)
	heard.secret(token)
	return token
}

// refreshes counts the refresh requests.
func (s *service) refreshes() int { return s.Count("refresh_token") }

// name is the name of the service's credential in auth.json.
func (s *service) name() string { return auth.Key{Provider: auth.Mogplex, Origin: s.url}.Name() }

// seedFile writes an auth.json with tokens of Ada's, in which the access token expires
// at the given time.
func (s *service) seedFile(path string, expires time.Time) (access, refresh string, err error) {
	access, refresh = s.issue()
	entry, err := json.Marshal(map[string]any{
		"type": "oauth", "access_token": access, "refresh_token": refresh, "issuer": s.url,
		"expires_at": expires.UTC(), "scopes": []string{"read", "write"}, "saved_at": expires.Add(-time.Hour).UTC(),
		"account": map[string]string{"id": "usr_ada", "email": ada, "name": "Ada Lovelace"},
	})
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, fmt.Appendf(nil, `{"version": 1, "credentials": {%q: %s}}`, s.name(), entry), 0o600)
	}
	return access, refresh, err
}

// walk signs in at an authorize address in a browser, as an account or with
// accountserver.Cancel, and returns the address of the callback. It does not visit
// that: the person may paste it.
func walk(address, who string) (callback string, err error) {
	u, err := accountserver.WalkToCallback(context.Background(), address, who)
	if err != nil {
		return "", err
	}
	heard.secret(u.Query().Get("code"))
	return u.String(), nil
}

// person is what somebody types after a login has shown its instructions.
type person func(shown string) (typed string, err error)

// walking is a person who walks and pastes the address of the callback.
func walking(who string) person {
	return func(shown string) (string, error) { return walk(accountserver.AuthorizeURL(shown), who) }
}

// attend is the stderr of a login in front of which act sits. After the login has
// ended, failed returns the error of act.
func attend(stdin io.WriteCloser, act person) (stderr *accountserver.Screen, failed func() error) {
	var failure error
	return &accountserver.Screen{Act: func(shown string) {
		var typed string
		if typed, failure = act(shown); failure == nil {
			_, _ = fmt.Fprintln(stdin, typed) // a login that was killed reads nothing
		}
		stdin.Close() // the paste is complete
	}}, func() error { return failure }
}
