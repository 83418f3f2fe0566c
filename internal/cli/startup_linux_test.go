package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

const (
	catches = "catches signals"
	polls   = "sets a timer or opens a file"
)

// slowCalls are system calls that show that the program did something at its start
// that a token from a variable does not need.
var slowCalls = map[string]*regexp.Regexp{
	catches:                             regexp.MustCompile(`rt_sigprocmask\(SIG_SETMASK, ~\[HUP INT `),
	polls:                               regexp.MustCompile(`epoll_create1\(`),
	"asks what terminal it writes to":   regexp.MustCompile(`ioctl\(1, `),
	"looks for the keychain":            regexp.MustCompile(`connect\(`),
	"reads auth.json or what is beside": regexp.MustCompile(`auth\.json`),
}

// Each of these calls delays a shell prompt that runs `mogplex auth token`.
func TestATokenFromAVariableWaitsForNothing(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		deep.Missing(t, "strace is not installed")
	}
	mogplex, err := production()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, mogplex, accountserver.Config{})
	w.env = append(w.env, "MOGPLEX_API_KEY="+w.service.issuePAT())
	quick := w.traced("auth", "token")
	for what, calls := range slowCalls {
		if calls.MatchString(quick) {
			t.Errorf("auth token %s", what)
		}
	}
	slow := w.traced("auth", "status")
	for _, what := range []string{catches, polls} {
		if !slowCalls[what].MatchString(slow) {
			t.Errorf("the trace does not show that auth status %s", what)
		}
	}
}

// traced is the system calls of a command that succeeds.
func (w *world) traced(args ...string) string {
	w.Helper()
	log := filepath.Join(w.TempDir(), "calls")
	cmd := w.command(args...)
	cmd.Args = append([]string{"strace", "-f", "-qq", "-o", log, w.mogplex}, args...)
	cmd.Path, cmd.Err = exec.LookPath("strace")
	out, err := cmd.CombinedOutput()
	heard.output(args, string(out), "")
	if strings.Contains(string(out), "ptrace(") {
		deep.Missing(w, "strace can't trace here")
	}
	if err != nil {
		w.Fatalf("%s: %v", args, err)
	}
	calls, err := os.ReadFile(log)
	if err != nil {
		w.Fatal(err)
	}
	return string(calls)
}
