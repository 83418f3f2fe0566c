//go:build unix

package cli

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// A command has the terminal, and Ctrl-C ends the command and not mogplex.
func TestExecLeavesTheTerminalToTheCommand(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(30*time.Minute, "keychain")
	at := w.terminal("auth", "exec", "--", "sh", "-c",
		`test -t 0 && test -t 1 && test -t 2 || exit 9; trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done`)
	at.shows("ready")
	at.types(interrupt)
	at.shows("caught")
	at.ends(5)
}

// A command takes the place of mogplex: its process, signals, limits and open files are
// as if the shell had started it.
func TestExecReplacesTheProcess(t *testing.T) {
	t.Parallel()
	w := fakeWorld(t, accountserver.Config{})
	w.seed(time.Minute, "keychain") // which is renewed, so that signals are caught
	var out strings.Builder
	cmd := w.command("auth", "exec", "--", "sh", "-c", "echo $$")
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil || out.String() != fmt.Sprintln(cmd.Process.Pid) {
		t.Errorf("process %s of %d: %v", out.String(), cmd.Process.Pid, err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	const script = `trap '' HUP; exec "$@" sh -c 'grep ^Sig[BIC] /proc/self/status; ulimit -n; ls /proc/self/fd'`
	for _, life := range []time.Duration{time.Hour, time.Minute} {
		w.seed(life, "file")
		w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE=file")
		run := func(prefix ...string) string {
			cmd := exec.Command("sh", append([]string{"-c", script, "sh"}, prefix...)...)
			cmd.Env = w.env
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return string(out)
		}
		if alone, within := run(), run(w.mogplex, "auth", "exec", "--"); alone != within {
			t.Errorf("alone\n%s\nunder mogplex\n%s", alone, within)
		}
	}
}
