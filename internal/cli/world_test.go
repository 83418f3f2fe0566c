package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// world is the machine of one user: a home, a keychain, and a service.
type world struct {
	testing.TB
	mogplex string   // the program
	prefix  []string // a program that runs mogplex, with its arguments
	home    string
	runtime string // XDG_RUNTIME_DIR
	env     []string
	service *service
	session *keyringtest.Session // nil with a fake keychain
	said    atomic.Value         // a string: the stderr of the latest command that ended
}

// keychains lists the keychains that tests of whole processes run with.
var keychains = []struct {
	name   string
	stride int // between the steps at which commands are killed
	make   func(testing.TB, accountserver.Config) *world
}{
	{"fake", 2, fakeWorld},
	{"parts", 3, func(t testing.TB, cfg accountserver.Config) *world {
		w := fakeWorld(t, cfg)
		w.env = append(w.env, "KEYCHAIN_LIMIT=150")
		return w
	}},
	{"gnome-keyring", 5, realWorld},
}

// fakeWorld runs this binary's mogplex with a fake keychain.
func fakeWorld(t testing.TB, cfg accountserver.Config) *world {
	mogplex, err := exec.LookPath("mogplex")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, mogplex, cfg)
	w.env = append(w.env, "KEYCHAIN="+t.TempDir())
	return w
}

// realWorld runs the released mogplex with its own gnome-keyring.
func realWorld(t testing.TB, cfg accountserver.Config) *world {
	return realWorldWith(t, cfg, keyringtest.Options{})
}

// realWorldWith is realWorld with options for the session.
func realWorldWith(t testing.TB, cfg accountserver.Config, opt keyringtest.Options) *world {
	t.Helper()
	if program := keyringtest.Available(); program != "" {
		deep.Missing(t, program+" is not installed")
	}
	mogplex, err := production()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	session, err := keyringtest.Start(ctx, t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	w := newWorld(t, mogplex, cfg)
	w.session, w.env = session, append(session.Env(), w.env...)
	return w
}

func newWorld(t testing.TB, mogplex string, cfg accountserver.Config) *world {
	w := &world{TB: t, mogplex: mogplex, home: t.TempDir(), runtime: t.TempDir(), service: startService(t, cfg)}
	w.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.home, "USERPROFILE=" + w.home,
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "MOGPLEX_URL=" + w.service.url, "MOGPLEX_DEV=1", w.service.ports.Env(), "XDG_RUNTIME_DIR=" + w.runtime,
		"MOGPLEX_KEYCHAIN_TIMEOUT=" + longest.String(), "GORACE=" + noWait}
	return w
}

func (w *world) state(name string) string { return filepath.Join(w.home, ".mogplex", name) }

// account is the name of a provider's item in the keychain. It contains an id, because
// the tests' home is not the one in the user database.
func (w *world) account(provider string) string {
	dir := auth.Directory{Path: w.state(""), UserHome: account.UserDatabaseHome}
	dir.MakeID(w.Context(), func(context.Context, string) (bool, error) { return false, nil })
	key := auth.Key{DirID: dir.ID(), Provider: provider}
	if provider == auth.Mogplex {
		key.Origin = w.service.url
	}
	return key.Account()
}

// lockPath is the lock file of the account's credential.
func (w *world) lockPath() string {
	return w.state("locks/" + auth.Key{Provider: auth.Mogplex, Origin: w.service.url}.Account() + ".lock")
}

func (w *world) command(args ...string) *exec.Cmd {
	line := slices.Concat(w.prefix, []string{w.mogplex}, args)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = w.env
	return cmd
}

// run runs a command and returns its exit code and output.
func (w *world) run(args ...string) (code int, stdout, stderr string) {
	w.Helper()
	var out, errs strings.Builder
	cmd := w.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	heard.output(args, out.String(), errs.String())
	w.said.Store(errs.String())
	return exitCode(err), out.String(), errs.String()
}

// must runs a command, which must succeed, and returns its stdout.
func (w *world) must(args ...string) (stdout string) {
	w.Helper()
	code, stdout, stderr := w.run(args...)
	if code != 0 {
		w.Fatalf("mogplex %s: exit %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// token returns the output of `auth token`.
func (w *world) token() string {
	w.Helper()
	return strings.TrimSuffix(w.must("auth", "token"), "\n")
}

// seed stores tokens in auth.json, and with "keychain" moves them to the keychain. The
// access token expires in life.
func (w *world) seed(life time.Duration, where string) (access, refresh string) {
	w.Helper()
	access, refresh, err := w.service.seedFile(w.state("auth.json"), time.Now().Add(life))
	if err != nil {
		w.Fatal(err)
	}
	if where == "keychain" {
		w.must("auth", "migrate")
	}
	return access, refresh
}

// login signs in as Ada, who pastes the callback address.
func (w *world) login(cmd *exec.Cmd) (said string, err error) {
	stdout, stderr, err := runAttended(cmd, walking(ada))
	heard.output(cmd.Args[1:], stdout, stderr)
	w.said.Store(stderr)
	return stderr, err
}

// interlude runs a function between a refresh request and its answer.
type interlude struct{ do atomic.Pointer[func()] }

func (i *interlude) set(do func()) { i.do.Store(&do) }

// request is an OnRequest of a service.
func (i *interlude) request(r accountserver.Request) {
	if do := i.do.Load(); do != nil && r.Grant == "refresh_token" {
		(*do)()
	}
}

// syncBuffer is a buffer that may be read while a process writes to it.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
