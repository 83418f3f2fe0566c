package cli

import (
	"fmt"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/settings"
	"github.com/urfave/cli/v2"
)

// completionScripts ask mogplex itself, by its hidden command __complete.
var completionScripts = map[string]string{
	// Bash splits --flag=value at the sign. It shows what is in COMPREPLY when it lists
	// choices, and inserts their common beginning.
	"bash": `_mogplex() {
  local word="${COMP_WORDS[COMP_CWORD]}" words=() value about
  for value in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $value == = ]] || words+=("$value"); done
  [[ $word != = ]] || word=
  COMPREPLY=()
  while IFS=$'\t' read -r value about; do
    [[ $COMP_TYPE != 63 ]] || printf -v value '%-20s (%s)' "$value" "$about"
    COMPREPLY+=("$value")
  done < <("${COMP_WORDS[0]}" __complete --word="$word" -- "${words[@]}" 2>/dev/null)
  [[ ${#COMPREPLY[@]} != 1 ]] || COMPREPLY=("${COMPREPLY[0]%% *}")
}
complete -o bashdefault -o default -F _mogplex mogplex
`,
	"zsh": `#compdef mogplex
_mogplex() {
  local -a found
  local value about
  while IFS=$'\t' read -r value about; do
    found+=("${value//:/\\:}:$about")
  done < <("$words[1]" __complete --word="${(Q)words[CURRENT]}" -- "${(@Q)words[2,CURRENT-1]}" 2>/dev/null)
  (( $#found )) && _describe -V mogplex found || _default
}
if [ "$funcstack[1]" = "_mogplex" ]; then _mogplex "$@"; else compdef _mogplex mogplex; fi
`,
	"fish": `function __mogplex_complete
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  $words[1] __complete --word="$word" -- $words[2..] 2>/dev/null
end
complete -c mogplex -f -a '(__mogplex_complete)'
`,
	"pwsh": `Register-ArgumentCompleter -Native -CommandName mogplex -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.ToString() })
  $rest = @($words | Select-Object -Skip 1)
  & $words[0] __complete "--word=$word" "--" @rest 2>$null | ForEach-Object {
    $value, $about = $_ -split "` + "`t" + `", 2
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`,
}

var completionShells = []string{"bash", "zsh", "fish", "pwsh"}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for a shell",
		ArgsUsage: "bash|zsh|fish|pwsh",
		Description: `Examples:
  source <(mogplex completion bash)                      in ~/.bashrc
  mogplex completion zsh > "${fpath[1]}/_mogplex"
  mogplex completion fish > ~/.config/fish/completions/mogplex.fish
  mogplex completion pwsh | Out-String | Invoke-Expression   in $PROFILE`,
		Action: func(c *cli.Context) error {
			script, ok := completionScripts[c.Args().First()]
			if !ok || c.NArg() != 1 {
				return withHelp(c, settings.UsageError("name one shell: "+strings.Join(completionShells, ", ")))
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}
