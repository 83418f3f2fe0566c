package cli

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/internal/settings"
)

// Every command reports a full disk as such, without a hint about the keychain. The
// refresh token is not spent, and nothing is lost.
func TestAFullDiskIsNotBlamedOnTheKeychain(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		deep.Missing(t, "strace is not installed")
	}
	for _, mode := range []settings.StoreMode{settings.StoreAuto, settings.StoreFile} {
		t.Run(string(mode), func(t *testing.T) {
			w := newWorld(t, fakeWorld(t, accountserver.Config{}).mogplex, accountserver.Config{}) // no keychain
			w.env = append(w.env, "MOGPLEX_CREDENTIAL_STORE="+string(mode))
			token, refresh := w.seed(time.Hour, "file")
			const key = "sk-proj-0123456789abcdef"
			heard.secret(key)
			for _, args := range []string{"login --provider openai --with-api-key", "auth refresh"} {
				cmd := w.command(strings.Fields(args)...)
				cmd.Args = append([]string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync",
					"-e", "inject=fsync:error=ENOSPC", cmd.Path}, cmd.Args[1:]...)
				cmd.Path, cmd.Stdin = strace, strings.NewReader(key)
				out, err := cmd.CombinedOutput()
				said := string(out)
				heard.output(cmd.Args, said, "")
				if strings.Contains(said, "ptrace") {
					deep.Missing(t, "strace can't trace here: "+said)
				}
				if exitCode(err) != exitFailure || !strings.Contains(said, "no space left on device") || !strings.Contains(said, "Make room on the disk") {
					t.Errorf("mogplex %s: %v: %s", args, err, said)
				}
				if strings.Contains(said, "Start a keychain") {
					t.Errorf("mogplex %s blames the keychain: %s", args, said)
				}
			}
			if w.token() != token || !w.service.RefreshValid(refresh) {
				t.Error("the session was lost")
			}
		})
	}
}
