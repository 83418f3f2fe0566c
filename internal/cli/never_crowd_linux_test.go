package cli

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// TestHundredsOfProcessesRenewAnExpiredTokenOnce is case 26: many
// processes start without a common lock, and all print the one new token.
func TestHundredsOfProcessesRenewAnExpiredTokenOnce(t *testing.T) {
	t.Parallel()
	w := realWorld(t, accountserver.Config{StrictRotation: true})
	w.seed(-time.Minute, "keychain")
	commands := make([]*exec.Cmd, deep.Choose(500, 60))
	stdout, stderr := make([]strings.Builder, len(commands)), make([]strings.Builder, len(commands))
	began := time.Now()
	for i := range commands {
		commands[i] = w.command("auth", "token")
		commands[i].Stdout, commands[i].Stderr = &stdout[i], &stderr[i]
		if err := commands[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, cmd := range commands {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, stderr[i].String())
		}
	}
	t.Logf("%d processes in %s", len(commands), time.Since(began).Round(time.Millisecond))
	token := w.token()
	for i := range commands {
		heard.output([]string{"auth", "token"}, stdout[i].String(), stderr[i].String())
		if stdout[i].String() != token+"\n" {
			t.Errorf("process %d printed another token: %s", i, stderr[i].String())
		}
	}
	if n := w.service.refreshes(); n != 1 {
		t.Errorf("%d refresh requests", n)
	}
	w.wantNoPlaintext()
}

// calls counts the calls to the keychain while do runs.
func (w *world) calls(do func()) map[string]int {
	w.Helper()
	seen, err := w.session.Monitor()
	if err != nil {
		w.Fatal(err)
	}
	defer seen.Close()
	do()
	ctx, cancel := context.WithTimeout(w.Context(), longest)
	defer cancel()
	if err := seen.Settle(ctx); err != nil {
		w.Fatal(err)
	}
	count := map[string]int{}
	_, all := seen.Summary()
	for _, method := range all {
		count[method]++
	}
	return count
}

// TestARenewalCostsAtMostFiveReadsAndTwoWrites counts what a command costs at the
// real bus; `auth token` is one read.
func TestARenewalCostsAtMostFiveReadsAndTwoWrites(t *testing.T) {
	t.Parallel()
	w := realWorld(t, accountserver.Config{StrictRotation: true})
	w.seed(time.Hour, "keychain")
	for _, test := range []struct {
		args          string
		reads, writes int
	}{{"auth token", 1, 0}, {"auth refresh", 5, 2}} {
		got := w.calls(func() { w.must(strings.Fields(test.args)...) })
		reads, writes := got["GetSecret"]+got["GetSecrets"], got["SetSecret"]+got["CreateItem"]+got["Delete"]
		if reads > test.reads || writes > test.writes || reads == 0 || writes == 0 && test.writes > 0 {
			t.Errorf("%s: %d reads, %d writes: %v", test.args, reads, writes, got)
		}
	}
}
