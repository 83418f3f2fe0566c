package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// holderMain is a process that keeps using a credential, like the app: it resolves
// again after each change and prints what it holds. It ends with its stdin.
func holderMain() {
	p := testProgram()
	s, err := p.env.ReadSettings("")
	if err != nil {
		fmt.Println(err)
		return
	}
	manager := account.Open(p.env, s).Manager
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	}()
	changed := manager.Watch(ctx)
	for ctx.Err() == nil {
		res, err := manager.Resolve(ctx, auth.Query{})
		switch {
		case err == nil:
			fmt.Println("holds", res.Credential.Token.Reveal(), "from the", res.Source)
		case errors.Is(err, auth.ErrNotSignedIn):
			fmt.Println("dropped")
		default:
			fmt.Println(err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// holder starts a holder. The function it returns waits until the holder prints
// want.
func (w *world) holder(env ...string) (says func(want string)) {
	w.Helper()
	path, err := exec.LookPath("holder")
	if err != nil {
		w.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Env = append(slices.Clone(w.env), env...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		w.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(stdout); scan.Scan(); {
			lines <- scan.Text()
		}
	}()
	w.Cleanup(func() { stdin.Close(); _ = cmd.Wait() })
	return func(want string) {
		w.Helper()
		var said []string
		for limit := time.After(longest); ; {
			select {
			case line := <-lines:
				if line == want {
					return
				}
				said = append(said, line)
			case <-limit:
				w.Fatalf("the holder said %q and not %q", said, want)
			}
		}
	}
}

// A process that uses the credential notices every change of another process, and
// stops using what was signed out. internal/auth tests with a fake clock that it
// takes less than a second.
func TestRunningProcessesNoticeASignOut(t *testing.T) {
	t.Parallel()
	for _, keychain := range keychains {
		for mode, place := range map[string]string{"auto": "keychain", "file": "file"} {
			t.Run(keychain.name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				w := keychain.make(t, accountserver.Config{})
				w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE="+mode)
				here, work := w.holder(), w.holder("MOGPLEX_PROFILE=work")
				here("dropped")
				work("dropped")
				signIn := func(says func(string), profile ...string) {
					t.Helper()
					if said, err := w.login(w.command(append([]string{"login", "--no-browser"}, profile...)...)); err != nil {
						t.Fatalf("%v: %s", err, said)
					}
					token := strings.TrimSpace(w.must(append([]string{"auth", "token"}, profile...)...))
					says("holds " + token + " from the " + place)
				}
				signIn(here)
				signIn(work, "--profile", "work")
				w.must("logout")
				here("dropped")
				signIn(here)
				w.must("auth", "refresh")
				here("holds " + w.token() + " from the " + place)
				w.must("logout", "--all")
				here("dropped")
				work("dropped")
			})
		}
	}
}

// After a migration a running process resolves again.
func TestRunningProcessesNoticeAMigration(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	says := w.holder()
	says("dropped")
	token, _ := w.seed(time.Hour, "file")
	says("holds " + token + " from the file")
	w.must("auth", "migrate")
	says("holds " + token + " from the keychain")
}
