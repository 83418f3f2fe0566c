package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// child is what this test binary does when it is started as another process.
func child(role string) int {
	switch role {
	case "panic":
		i, _ := strconv.Atoi(os.Getenv("AUTH_TEST_VALUE"))
		panic(marked()[i])
	case "token":
		m := fileManager(os.Getenv("AUTH_TEST_DIR"), os.Getenv("AUTH_TEST_URL"))
		res, err := m.Token(context.Background(), Query{}, time.Minute)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Print(res.Credential.Token.Reveal())
		return 0
	case "hold":
		m := fileManager(os.Getenv("AUTH_TEST_DIR"), "")
		if _, err := m.Lock(context.Background(), Mogplex, time.Minute); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("held")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return 0
	case "watch":
		return watchUnaided(watched(os.Getenv("AUTH_TEST_DIR")))
	case "killed":
		m := fileManager(os.Getenv("AUTH_TEST_DIR"), "")
		m.Layers[0].Store = killing{dirStore{os.Getenv("AUTH_TEST_DIR")}}
		m.Remove(context.Background(), Mogplex)
	case "store", "remove":
		return change(fileManager(os.Getenv("AUTH_TEST_DIR"), ""), role)
	}
	return 1
}

func change(m *Manager, role string) int {
	unlock, err := m.Lock(context.Background(), Mogplex, LockWait)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer unlock()
	if role == "remove" {
		err = m.Remove(context.Background(), Mogplex)[0].Err
	} else {
		_, err = m.Save(context.Background(), account("stored", time.Hour), time.Now())
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// watchUnaided watches where the system gives out no inotify instance, and says
// whether it was told of a change.
func watchUnaided(m *Manager) int {
	const limit = "/proc/sys/user/max_inotify_instances"
	if err := os.WriteFile(limit, []byte("0"), 0); err != nil {
		fmt.Println("skip:", err)
		return 0
	}
	if _, err := fsnotify.NewWatcher(); err == nil {
		fmt.Println("skip: there is still an instance")
		return 0
	}
	w := m.Watch(context.Background())
	fmt.Println("watching")
	select {
	case <-w:
		fmt.Println("told")
	case <-time.After(time.Minute):
		fmt.Println("not told")
	}
	return 0
}

// start starts this test binary as another process.
func start(t testing.TB, role, dir, url string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd, out := exec.Command(self), &strings.Builder{}
	cmd.Env = append(os.Environ(), "AUTH_TEST_ROLE="+role, "AUTH_TEST_DIR="+dir, "AUTH_TEST_URL="+url, "GORACE=atexit_sleep_ms=0")
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	return cmd, out
}

// dirStore keeps one file for each entry, for many processes.
type dirStore struct{ dir string }

func (s dirStore) path(provider string) string { return filepath.Join(s.dir, provider+".json") }

func (s dirStore) Get(_ context.Context, provider string) ([]byte, bool, error) {
	entry, err := os.ReadFile(s.path(provider))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return entry, err == nil, err
}

func (s dirStore) Set(_ context.Context, provider string, entry []byte) error {
	temp := s.path(provider) + strconv.Itoa(os.Getpid())
	return errors.Join(os.WriteFile(temp, entry, 0o600), os.Rename(temp, s.path(provider)))
}

// killing ends its process by force where an entry was just deleted.
type killing struct{ dirStore }

func (s killing) Delete(ctx context.Context, provider string) (bool, error) {
	_, _ = s.dirStore.Delete(ctx, provider)
	self, _ := os.FindProcess(os.Getpid())
	_ = self.Kill()
	select {}
}

func (s dirStore) Delete(_ context.Context, provider string) (bool, error) {
	err := os.Remove(s.path(provider))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (s dirStore) List(context.Context) ([]string, error) { return nil, nil }

// fileManager is a manager on a directory that many processes share, whose
// service answers at url.
func fileManager(dir, url string) *Manager {
	return &Manager{
		Resolver: Resolver{
			LookupEnv: func(string) (string, bool) { return "", false },
			Layers:    []Layer{{Name: File, Store: dirStore{dir}, State: stateOf}},
			Origin:    home,
		},
		LockDir: filepath.Join(dir, "locks"),
		Now:     time.Now,
		Refresh: func(ctx context.Context, c Credential) (Credential, error) { return post(ctx, url, c) },
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

// handler answers like the service does, after before returned true; a request
// that before refuses is dropped and spends nothing.
func (s *service) handler(before func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !before(r) {
			panic(http.ErrAbortHandler)
		}
		c, err := s.refresh(context.Background(), Credential{Refresh: NewSecret(string(body))})
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, c.Token.Reveal())
	})
}

// shared is a directory with an account whose token has ended, and its service.
func shared(t *testing.T, before func(*http.Request) bool) (dir, url string, s *service) {
	t.Helper()
	dir = t.TempDir()
	c := account("a", time.Hour)
	c.ExpiresAt = time.Now().Add(-time.Second)
	entry, err := c.Encode()
	must(t, err)
	must(t, dirStore{dir}.Set(t.Context(), Mogplex, entry))
	s = &service{valid: "refresh-a", ttl: time.Hour, now: time.Now}
	server := httptest.NewServer(s.handler(before))
	t.Cleanup(server.Close)
	return dir, server.URL, s
}

// wantTokens starts processes that ask for the token; wait checks their answers.
func wantTokens(t *testing.T, processes int, dir, url, want string) (wait func()) {
	t.Helper()
	var wg sync.WaitGroup
	for range processes {
		cmd, out := start(t, "token", dir, url)
		wg.Go(func() {
			if err := cmd.Wait(); err != nil || out.String() != want {
				t.Errorf("%v, answer %q; want %q", err, out, want)
			}
		})
	}
	return wg.Wait
}

func TestFortyProcessesMakeOneRefresh(t *testing.T) {
	dir, url, s := shared(t, func(*http.Request) bool { return true })
	wantTokens(t, 40, dir, url, "new1")()
	s.wantCalls(t, 1)
}

func TestAKilledHolderOfTheLockStopsNobody(t *testing.T) {
	dir, url, s := shared(t, func(*http.Request) bool { return true })
	for range 3 {
		cmd, out := startHolder(t, dir)
		must(t, cmd.Process.Kill())
		_ = cmd.Wait()
		_ = out.Close()
		unlock, err := fileManager(dir, "").Lock(t.Context(), Mogplex, LockWait)
		must(t, err)
		unlock()
	}
	wantTokens(t, 2, dir, url, "new1")()
	s.wantCalls(t, 1)
}

// startHolder starts a process and returns once it holds the lock, which it
// does until its input ends.
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
	said := make([]byte, len("held\n"))
	if _, err := io.ReadFull(stdout, said); err != nil || string(said) != "held\n" {
		t.Fatalf("the holder said %q, %v", said, err)
	}
	return cmd, stdin
}

// A process is killed while its request is under way and never arrives. Those
// that waited for its lock go on.
func TestAProcessKilledInMidRefreshStopsNobody(t *testing.T) {
	arrived, first := make(chan bool), &sync.Once{}
	dir, url, s := shared(t, func(r *http.Request) (answered bool) {
		answered = true
		first.Do(func() {
			answered = false
			close(arrived)
			<-r.Context().Done() // it was killed
		})
		return answered
	})
	doomed, _ := start(t, "token", dir, url)
	<-arrived
	wait := wantTokens(t, 5, dir, url, "new1")
	must(t, doomed.Process.Kill())
	_ = doomed.Wait()
	wait()
	s.wantCalls(t, 1)
}
