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

// longest is the wait for what has to happen: this machine may have much else to
// do. Nothing is measured by it but whether it happens at all.
const longest = time.Minute

// TestMain makes this binary mogplex as well: every test runs it as a process
// of its own, as a person does.
func TestMain(m *testing.M) {
	testscript.Main(checked{m}, map[string]func(){"mogplex": mogplexMain, "holder": holderMain})
}

func mogplexMain() { os.Exit(testProgram().main()) }

// testProgram has the platform's keychain or, where KEYCHAIN names a directory,
// a fake whose items hold KEYCHAIN_LIMIT bytes at most. CLOCK is by how much its
// clock is wrong.
func testProgram() *program {
	p := newProgram()
	if wrong, err := time.ParseDuration(os.Getenv("CLOCK")); err == nil {
		p.now = func() time.Time { return time.Now().Add(wrong) }
	}
	if dir := os.Getenv("KEYCHAIN"); dir != "" {
		limit, _ := strconv.Atoi(os.Getenv("KEYCHAIN_LIMIT"))
		p.openKeyring = func(opt keyring.Options) *keyring.Keyring {
			return keyring.New(slow{keyringtest.Fake{Dir: dir, MaxBytes: limit}}, opt)
		}
	}
	return p
}

// checked looks, after all tests, for what no single one can see.
type checked struct{ *testing.M }

func (c checked) Run() int {
	if signal.Ignored(syscall.SIGHUP) { // as under nohup: what is started here would ignore it, too
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

// leftRunning names goroutines that don't end.
func leftRunning() (err error) {
	for end := time.Now().Add(longest); time.Now().Before(end); {
		if err = goleak.Find(); err == nil {
			return nil
		}
	}
	return err
}

// eventually waits until done.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(longest); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// noWait keeps a process with the race detector from sleeping a second at its
// end, by which every test of many processes would take minutes.
const noWait = "atexit_sleep_ms=0"

// production is the path of mogplex as it is shipped, built once.
var production = sync.OnceValues(func() (string, error) { return shipped("mogplex-production", "../..") })

// shipped builds a program the way a release is built, and returns its path. The
// file is a copy, as an installed program is: one that the linker has just
// written takes a fifth longer to start, because it is cached in smaller pages.
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
	return path, os.WriteFile(path, program, 0o700)
}

// buildDir is the directory of this binary's copy that is called mogplex, which
// is removed after the tests.
func buildDir() string {
	path, _ := exec.LookPath("mogplex")
	return filepath.Dir(path)
}

// service is a development account service of one test. What it issues is
// marked as secret.
type service struct {
	*accountserver.Server
	url   string
	ports callback.Ports // that it sends browsers to

	mu      sync.Mutex
	granted []string // every access token that the token endpoint issued
}

// living counts the granted access tokens that work.
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

// issue makes a session of Ada's without a sign-in.
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

// refreshes counts the refresh requests that reached the service.
func (s *service) refreshes() int { return s.Stats().Grants["refresh_token"] }

// name is what auth.json calls the credential of this service.
func (s *service) name() string { return auth.Key{Provider: auth.Mogplex, Origin: s.url}.Name() }

// seedFile writes an auth.json with a session whose access token, as the file
// tells it, ends at the given time.
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
