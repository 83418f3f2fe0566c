package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
)

// completionScripts run mogplex with the hidden flag --generate-bash-completion, which
// urfave/cli answers without reading a store. They pass the word that is being typed
// only if it is a flag, as urfave/cli expects.
var completionScripts = map[string]string{
	"bash": `_mogplex() {
  local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}" words=("${COMP_WORDS[@]:0:COMP_CWORD}")
  [[ $word == -* ]] && words+=("$word")
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$word"))
}
complete -o bashdefault -o default -F _mogplex mogplex
`,
	"zsh": `#compdef mogplex
_mogplex() {
  local -a asked found
  asked=("${words[@]:0:#words[@]-1}")
  [[ "$words[-1]" == -* ]] && asked+=("$words[-1]")
  found=("${(@f)$("${asked[@]}" --generate-bash-completion 2>/dev/null)}")
  compadd -a found
}
if [ "$funcstack[1]" = "_mogplex" ]; then _mogplex "$@"; else compdef _mogplex mogplex; fi
`,
	"fish": `function __mogplex_complete
  set -l words (commandline -opc)
  string match -q -- '-*' (commandline -ct); and set -a words (commandline -ct)
  $words --generate-bash-completion 2>/dev/null
end
complete -c mogplex -f -a '(__mogplex_complete)'
`,
	"pwsh": `Register-ArgumentCompleter -Native -CommandName mogplex -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | ForEach-Object { $_.ToString() })
  if ($word -and -not $word.StartsWith('-')) { $words = $words[0..($words.Count - 2)] }
  $rest = @($words | Select-Object -Skip 1)
  & $words[0] @rest --generate-bash-completion 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
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
		BashComplete: func(c *cli.Context) {
			for _, shell := range completionShells {
				fmt.Fprintln(c.App.Writer, shell)
			}
		},
		Action: func(c *cli.Context) error {
			script, ok := completionScripts[c.Args().First()]
			if !ok || c.NArg() != 1 {
				return withHelp(c, account.UsageError("name one shell: "+strings.Join(completionShells, ", ")))
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}
