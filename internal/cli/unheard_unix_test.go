//go:build unix

package cli

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// If the reader of stderr goes away, the command still completes.
func TestACommandCompletesWithoutAReaderOfStderr(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{OfferRevocation: true, StrictRotation: true})
	before, _ := w.seed(-time.Minute, "keychain")
	// The service takes long enough for a progress message in the middle of the renewal.
	w.service.Fail(accountserver.Fault{Path: accountserver.TokenPath, Delay: patience + 200*time.Millisecond})
	cmd := w.command("auth", "token")
	cmd.Stderr = unread(t)
	out, err := cmd.Output()
	if token := strings.TrimSpace(string(out)); err != nil || token == before || !w.service.Valid(token) {
		t.Fatalf("a renewal: %v", err)
	}
	w.service.ClearFaults()
	token := w.token()
	cmd = w.command("logout")
	cmd.Stderr = unread(t)
	if err := cmd.Run(); err != nil {
		t.Errorf("a sign-out: %v", err)
	}
	if w.service.Valid(token) {
		t.Error("the session was not ended at the service")
	}
}

// A result without a reader ends the command, as it does any other program.
func TestACommandEndsWithoutAReaderOfStdout(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Hour, "keychain")
	w.service.AddRun(accountserver.Run{ID: "long", Events: []accountserver.Event{{Type: "status"}, {After: time.Hour}}})
	for _, args := range []string{"models", "auth token", "ask hi", "--attach long"} {
		cmd := w.command(strings.Fields(args)...)
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = unread(t), &said
		_ = cmd.Run()
		if end := cmd.ProcessState.Sys().(syscall.WaitStatus); end.Signal() != syscall.SIGPIPE || said.Len() > 0 {
			t.Errorf("%s: %v: %s", args, cmd.ProcessState, said.String())
		}
	}
}
