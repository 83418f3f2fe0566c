package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// TestAHangingKeychainCostsOneReportedWait bounds the wait on a machine with a
// hanging keychain, and checks that the wait is reported.
func TestAHangingKeychainCostsOneReportedWait(t *testing.T) {
	t.Parallel()
	const limit = 1200 * time.Millisecond
	for _, c := range []struct {
		args  string
		stdin string
		exit  int
	}{
		{"auth token", "", exitTryAgain},
		{"auth status", "", exitTryAgain},
		{"auth refresh", "", exitTryAgain},
		{"auth migrate --to file", "", exitTryAgain},
		{"", "", exitTryAgain},
		{"logout", "", exitTryAgain},
		{"logout --all", "", exitTryAgain},
		{"--logout", "", exitTryAgain},
		{"login --no-browser --timeout 10ms", "", exitTryAgain},
		{"login --with-token", "a token", exitTryAgain},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			w := fakeWorld(t, accountserver.Config{})
			if err := w.fake().Break(keyringtest.Hangs); err != nil {
				t.Fatal(err)
			}
			w.env = append(w.env, "MOGPLEX_KEYCHAIN_TIMEOUT="+limit.String())
			if c.stdin != "" {
				c.stdin = w.service.issuePAT()
			}
			started := time.Now()
			code, stdout, stderr := w.runWith(c.stdin, strings.Fields(c.args)...)
			if took, waits := time.Since(started), w.fake().Waits(); code != c.exit || took < limit || waits != 1 {
				t.Errorf("exit %d after %s and %d waits: %s", code, took, waits, stderr)
			}
			if !strings.Contains(stderr, "…") || strings.Contains(stderr, "not signed in") {
				t.Errorf("said: %s%s", stdout, stderr)
			}
		})
	}
}

// runWith is run with a text on stdin.
func (w *world) runWith(stdin string, args ...string) (code int, stdout, stderr string) {
	w.Helper()
	var out, errs strings.Builder
	cmd := w.command(args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	heard.output(args, out.String(), errs.String())
	return exitCode(err), out.String(), errs.String()
}
