package words

import (
	"maps"
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/hosted"
)

// MaskedServer returns a definition without its secrets: the command or address, and the
// headers and variables with masked values.
func MaskedServer(server hosted.MCPServer) (target string, values []string) {
	config := server.Config.Masked(hosted.Dots)
	target = strings.Join(append([]string{config.Command}, config.Args...), " ")
	switch {
	case config.URL != "":
		target = config.URL
	case config.Command == "":
		target = "(of a kind unknown to this version)"
	}
	for _, name := range slices.Sorted(maps.Keys(config.Headers)) {
		values = append(values, name+": "+config.Headers[name])
	}
	for _, name := range slices.Sorted(maps.Keys(config.Env)) {
		values = append(values, name+"="+config.Env[name])
	}
	return target, values
}
