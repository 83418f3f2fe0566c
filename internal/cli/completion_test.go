package cli

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
  printf '%s|' "${COMPREPLY[@]}"
  echo
}
COMP_TYPE=9
try mogplex lo
try mogplex auth to
try mogplex auth token --mi
try mogplex auth token --min-ttl 5m --pro
try mogplex auth token --provider op
try mogplex auth token --provider = op
try mogplex auth token --provider =
try mogplex auth --profile w
try mogplex auth migrate --to ''
try mogplex completion f
try mogplex help auth mi
try mogplex auth exec -- l
COMP_TYPE=63
try mogplex lo
try mogplex mo
`, []string{`
login|logout|
token|
--min-ttl|
--provider|--profile|
openai|
openai|
mogplex|anthropic|openai|google|groq|mistral|deepseek|xai|cohere|vercel|
work|
keychain|file|
fish|
migrate|
|
login                (sign in with the browser, or store a token or key)|logout               (sign out: remove the credential from every store)|
models|
`}},
	{"fish", `
mogplex completion fish | source
for line in 'mogplex lo' 'mogplex auth token --mi' 'mogplex auth token --provider op' 'mogplex auth token --provider=op' 'mogplex auth --profile w' 'mogplex completion f'
  complete -C $line | string join '|'
end
true # string join is not, where there is one
`, []string{`
login	sign in with the browser, or store a token or key|logout	sign out: remove the credential from every store
--min-ttl	renew a token that expires within TIME
openai	as in OPENAI_API_KEY
--provider=openai	as in OPENAI_API_KEY
work	profile work
fish	script for fish
`}},
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
zpty -w -n typed $'mogplex auth token --profile w\t --provider=op\t\n'
zpty -r -m typed shown '*mogplex --profile work login --provider openai*' && print -r -- $shown
zpty -w -n typed $'mogplex lo\t\t'
zpty -r -m typed shown '*logout*sign out: remove*' && print -r -- $shown
zpty -d typed
`, []string{"complete -c mogplex", `"signed_in`, "--profile work login --provider openai", "sign out: remove"}},
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
			if err := os.MkdirAll(filepath.Join(home, ".mogplex", "profiles", "work"), 0o700); err != nil {
				t.Fatal(err)
			}
			driver := filepath.Join(home, "driver")
			if err := os.WriteFile(driver, []byte(test.driver), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // zsh waits forever for what it does not show
			defer cancel()
			cmd := exec.CommandContext(ctx, path, driver)
			cmd.WaitDelay = time.Second
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TERM=xterm", "KEYCHAIN=" + filepath.Join(home, "keychain")}
			out, err := cmd.CombinedOutput()
			for _, want := range test.shows {
				if err != nil || !strings.Contains("\n"+string(out), want) {
					t.Errorf("%q is not in what it shows, %v:\n%s", want, err, out)
				}
			}
		})
	}
}
