package auth

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
	"github.com/mogplex/mogplex-cli/keyring"
	"github.com/mogplex/mogplex-cli/legacyfile"
)

// child runs this test binary as another process.
func child(role string) int {
	if role == "panic" {
		i, _ := strconv.Atoi(os.Getenv("AUTH_TEST_VALUE"))
		panic(marked()[i])
	}
	var k *killer
	if left, err := strconv.Atoi(os.Getenv("AUTH_TEST_KILL")); err == nil && left >= 0 {
		k = &killer{left}
	}
	m := shared(os.Getenv("AUTH_TEST_DIR"), os.Getenv("AUTH_TEST_URL"), k)
	output, err := act(m, role)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Print(output)
	return 0
}

// act performs a role.
func act(m *Manager, role string) (output string, err error) {
	ctx, key := context.Background(), m.Key(Mogplex)
	switch role {
	case "token":
		res, err := m.Token(ctx, Query{}, time.Minute)
		return res.Credential.Token.Reveal(), err
	case "sign in":
		saved, err := m.SignIn(ctx, lasting(cmp.Or(os.Getenv("AUTH_TEST_VALUE"), "signed-in"), time.Hour))
		return strings.Join(tokensOf(saved.Replaced), ","), err
	case "remove":
		removals, err := m.Remove(ctx, key)
		for _, r := range removals {
			if r.Err != nil {
				return "", r.Err
			}
		}
		return "removed", err
	case "to keychain", "to file":
		how := toKeychain
		if role == "to file" {
			how = toFile
		}
		moved := m.Move(ctx, key, how)
		return string(moved.Outcome) + moved.Why, moved.Err
	case "id":
		m.MakeID(ctx)
		return m.Dir.ID(), nil
	case "hold":
		if _, err := m.lock(ctx, key, time.Minute, m.all(), nil); err != nil {
			return "", err
		}
		fmt.Println("held")
		_, err := io.Copy(io.Discard, os.Stdin)
		return "", err
	}
	return "", fmt.Errorf("there is no role %q", role)
}

// killer kills its process after left steps. A nil killer does nothing.
type killer struct{ left int }

func (k *killer) step() {
	if k == nil {
		return
	}
	if k.left == 0 {
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	}
	k.left--
}

// killable is a place whose process can be killed before each call, between the read
// and the write of an Update, and after it.
type killable struct {
	File
	*killer
}

func (p killable) Get(ctx context.Context, name string) ([]byte, bool, error) {
	p.step()
	return p.File.Get(ctx, name)
}

func (p killable) Update(ctx context.Context, name string, change func([]byte) ([]byte, error)) error {
	p.step()
	err := p.File.Update(ctx, name, func(current []byte) ([]byte, error) {
		next, err := change(current)
		p.step()
		return next, err
	})
	p.step()
	return err
}

// ringPlace makes a keyring a File, so that killable fits both.
type ringPlace struct{ *keyring.Keyring }

func (ringPlace) Foreign(context.Context, string) (bool, error) { return false, nil }

func (p ringPlace) All(ctx context.Context) (map[string][]byte, error) {
	entries, err := p.Keyring.All(ctx)
	all := map[string][]byte{}
	for _, e := range entries {
		all[e.Account] = e.Value
	}
	return all, err
}

type killableRing struct {
	killable
	ring ringPlace
}

func (p killableRing) All(ctx context.Context) (map[string][]byte, error) { return p.ring.All(ctx) }

// shared is a manager for a directory that many processes share, with a keychain,
// an auth.json, and a service at url.
func shared(dir, url string, k *killer) *Manager {
	ring := ringPlace{keyring.New(keyringtest.Fake{Dir: filepath.Join(dir, "keychain")}, keyring.Options{})}
	file := legacyfile.New(filepath.Join(dir, "auth.json"), legacyfile.Options{})
	locks := func(key Key) string { return filepath.Join(key.Home(), "locks") }
	return &Manager{
		Resolver: Resolver{
			LookupEnv: func(string) (string, bool) { return "", false },
			Layers: []Layer{
				{Name: InKeychain, Store: KeychainStore(killableRing{killable{ring, k}, ring}), State: stateOf, LockDir: locks},
				{Name: InFile, Path: file.Path(), Store: FileStore(killable{file, k}, Key{Dir: dir}), State: stateOf, LockDir: locks, Reserve: file.Reserve},
			},
			Dir:    &Directory{Path: dir, UserHome: func() string { return filepath.Join(dir, "nobody") }},
			Origin: testOrigin,
			Displaced: func(path string) Place {
				return killable{legacyfile.New(path, legacyfile.Options{}), k}
			},
		},
		Unattended: func(ctx context.Context) context.Context { return ctx },
		Now:        time.Now,
		Revoke:     func(context.Context, Credential) {},
		Refresh:    func(ctx context.Context, c Credential) (Credential, error) { return post(ctx, url, c) },
	}
}

func post(ctx context.Context, url string, c Credential) (Credential, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(c.Refresh.Reveal()))
	if err != nil {
		return c, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return c, err
	}
	defer answer.Body.Close()
	token, err := io.ReadAll(answer.Body)
	if answer.StatusCode == http.StatusUnauthorized {
		return c, ErrRejected
	}
	c.Token, c.Refresh = NewSecret(string(token)), NewSecret("refresh-"+string(token))
	c.ExpiresAt = time.Now().Add(time.Hour)
	return c, err
}

// server is a token endpoint. It drops a request for which before returns false,
// without using its refresh token.
func server(t *testing.T, before func(*http.Request) bool) (url string, s *service) {
	s = &service{valid: "refresh-a", ttl: time.Hour, now: time.Now}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if before != nil && !before(r) {
			panic(http.ErrAbortHandler)
		}
		c, err := s.refresh(context.Background(), Credential{Refresh: NewSecret(string(body))})
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, c.Token.Reveal())
	}))
	t.Cleanup(srv.Close)
	return srv.URL, s
}

// lasting is an account whose token ends ttl from now.
func lasting(token string, ttl time.Duration) Credential {
	c := account(token, 0)
	c.ExpiresAt, c.SavedAt = time.Now().Add(ttl), time.Now().Add(-time.Hour)
	return c
}

// stock stores a credential in a directory's keychain or file.
func stock(t *testing.T, dir, layer string, c Credential) {
	t.Helper()
	m := shared(dir, "", nil)
	must(t, m.layerNamed(layer).Store.Swap(t.Context(), m.Key(c.Provider), Revision{}, Record{Credential: c, Revision: firstRevision()}))
}

// start starts this test binary as another process.
func start(t testing.TB, role, dir, url string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd, out := exec.Command(self), &bytes.Buffer{}
	cmd.Env = append(os.Environ(), "AUTH_TEST_ROLE="+role, "AUTH_TEST_DIR="+dir, "AUTH_TEST_URL="+url, "GORACE=atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	return cmd, out
}

// run runs a role until it ends, or kills itself after kill steps.
func run(t *testing.T, role, dir, url string, kill int) (output string, killed bool) {
	t.Helper()
	cmd, out := start(t, role, dir, url, "AUTH_TEST_KILL="+strconv.Itoa(kill))
	err := cmd.Wait()
	killed = cmd.ProcessState.ExitCode() == -1 || kill >= 0 && err != nil && out.Len() == 0
	if err != nil && !killed {
		t.Fatalf("%s: %v: %s", role, err, out)
	}
	return out.String(), killed
}

// everywhere starts n processes with one role at once; wait returns their output.
func everywhere(t *testing.T, n int, role, dir, url string) (wait func() []string) {
	t.Helper()
	var wg sync.WaitGroup
	output := make([]string, n)
	for i := range n {
		cmd, out := start(t, role, dir, url, fmt.Sprint("AUTH_TEST_VALUE=p", i))
		wg.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
			output[i] = out.String()
		})
	}
	return func() []string { wg.Wait(); return output }
}

func wantAll(t *testing.T, output []string, want string) {
	t.Helper()
	for _, s := range output {
		if s != want {
			t.Errorf("printed %q; want %q", output, want)
			return
		}
	}
}

func TestTwentyProcessesMakeOneRefresh(t *testing.T) {
	for _, layer := range []string{InKeychain, InFile} {
		dir := t.TempDir()
		stock(t, dir, layer, lasting("a", -time.Second))
		url, s := server(t, nil)
		wantAll(t, everywhere(t, 20, "token", dir, url)(), "new1")
		s.wantCalls(t, 1)
	}
}

func TestManyProcessesMakeOneID(t *testing.T) {
	dir := t.TempDir()
	output := everywhere(t, 10, "id", dir, "")()
	if wantAll(t, output, output[0]); !randomID.MatchString(output[0]) {
		t.Errorf("the id is %q", output[0])
	}
}

// Each session is either stored or reported as replaced by a later one.
func TestProcessesThatSignInAtOnce(t *testing.T) {
	dir := t.TempDir()
	stock(t, dir, InFile, lasting("old", time.Hour))
	output := everywhere(t, 8, "sign in", dir, "")()
	all := append(strings.Split(strings.Join(output, ","), ","), tokenIn(t, dir, InKeychain), "")
	slices.Sort(all)
	if all = slices.Compact(all); len(all) != 1+8+1 || tokenIn(t, dir, InFile) != "" {
		t.Errorf("replaced are %q; stored is %q", output, tokenIn(t, dir, InKeychain))
	}
}

// startHolder starts a process that holds the lock until its input ends, and
// returns once it does.
func startHolder(t *testing.T, dir string) (*exec.Cmd, io.Closer) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "AUTH_TEST_ROLE=hold", "AUTH_TEST_DIR="+dir)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if output, err := bufio.NewReader(stdout).ReadString('\n'); output != "held\n" {
		t.Fatalf("the holder printed %q, %v", output, err)
	}
	return cmd, stdin
}
