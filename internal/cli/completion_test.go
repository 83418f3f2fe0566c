package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// completionDrivers complete lines in a shell and print the result. Debian has no
// pwsh, so its script is only generated.
var completionDrivers = []struct {
	shell, driver string
	shows         []string
}{
	{"bash", `
. <(mogplex completion bash)
try() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _mogplex
  echo "${COMPREPLY[@]}"
}
try mogplex lo
try mogplex auth to
try mogplex auth token --mi
try mogplex completion f
try mogplex mo
try mogplex mcp --re
try mogplex --at
try mogplex --pl
`, []string{"login logout\ntoken\n--min-ttl\nfish\nmodels\n--refresh\n--attach\n--plain\n"}},
	{"fish", `
mogplex completion fish | source
for line in 'mogplex lo' 'mogplex auth to' 'mogplex auth token --mi' 'mogplex completion f'
  complete -C $line | string join ' '
end
true # string join is not, where there is one
`, []string{"login logout\ntoken\n--min-ttl\nfish\n"}},
	// zsh completes only interactive input, so zpty types the lines and runs what
	// was completed.
	{"zsh", `
zmodload zsh/zpty
zpty typed zsh -f -i
zpty -w typed 'autoload -Uz compinit; compinit -u -D; source <(mogplex completion zsh); print REA""DY'
zpty -r -m typed shown '*READY*'
zpty -w -n typed $'mogplex comp\tfi\t\n'
zpty -r -m typed shown '*complete -c mogplex*' && print -r -- $shown
zpty -w -n typed $'mogplex auth status --js\t\n'
zpty -r -m typed shown '*signed_in*' && print -r -- $shown
zpty -d typed
`, []string{"complete -c mogplex", `"signed_in`}},
}

// The scripts call mogplex, which completes without opening a store: the keychain
// hangs here.
func TestCompletionInEachShell(t *testing.T) {
	t.Parallel()
	for _, test := range completionDrivers {
		t.Run(test.shell, func(t *testing.T) {
			path, err := exec.LookPath(test.shell)
			if err != nil {
				deep.Missing(t, test.shell+" is not installed")
			}
			home := t.TempDir()
			driver := filepath.Join(home, "driver")
			if err := os.WriteFile(driver, []byte(test.driver), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(path, driver)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TERM=xterm", "KEYCHAIN=" + filepath.Join(home, "keychain")}
			out, err := cmd.CombinedOutput()
			for _, want := range test.shows {
				if err != nil || !strings.Contains(string(out), want) {
					t.Errorf("%q is not in what it shows, %v:\n%s", want, err, out)
				}
			}
		})
	}
}
