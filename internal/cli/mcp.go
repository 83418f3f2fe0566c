package cli

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/hosted"
)

func (p *program) mcpCommand() *cli.Command {
	return &cli.Command{
		Name:  "mcp",
		Usage: "list the remote MCP servers of your account",
		Description: `Prints the MCP servers that are defined for your account. Values of headers and
environment variables are never shown, nor what looks like a secret in an
address or argument. Kept copies serve as with ` + "`mogplex models`" + `.

Examples:
  mogplex mcp
  mogplex mcp --refresh                  ask the service
  mogplex mcp --json`,
		Flags:  []cli.Flag{jsonFlag(), refreshFlag()},
		Action: p.command(printServers),
	}
}

// serversReport is the object of --json; a definition marshals masked.
type serversReport struct {
	Servers []hosted.MCPServer `json:"servers"`
	keptReport
}

func printServers(ctx context.Context, s *session, c *cli.Context) error {
	got, err := listAloud(ctx, s, c.Bool("refresh"), hosted.Catalog.Servers)
	if err != nil {
		return err
	}
	if s.json {
		s.printJSON(serversReport{append([]hosted.MCPServer{}, got.List...), reportKept(s, got)})
		return nil
	}
	if len(got.List) > 0 {
		_, _ = io.WriteString(s.stdout, serverTable(got.List, s.stdoutWidth()))
	} else {
		s.say("No MCP servers are defined for your account.")
	}
	tellKept(s, got)
	return nil
}

func serverTable(servers []hosted.MCPServer, width int) string {
	rows := [][]string{{"NAME", "STATE", "TARGET"}}
	for _, server := range servers {
		state := "off"
		if server.Enabled {
			state = "on"
		}
		target, values := maskedServer(server)
		rows = append(rows, []string{server.Name, state, target})
		for _, value := range values {
			rows = append(rows, []string{"", "", value})
		}
	}
	return table(rows, nil, nil, width)
}

// maskedServer is a definition without its secrets: the command or address, and
// the names of its headers and variables.
func maskedServer(server hosted.MCPServer) (target string, values []string) {
	config := server.Config.Masked(hosted.Dots)
	target = strings.Join(append([]string{config.Command}, config.Args...), " ")
	switch {
	case config.URL != "":
		target = config.URL
	case config.Command == "":
		target = "(of a kind that this version does not know)"
	}
	for _, name := range slices.Sorted(maps.Keys(config.Headers)) {
		values = append(values, name+": "+config.Headers[name])
	}
	for _, name := range slices.Sorted(maps.Keys(config.Env)) {
		values = append(values, name+"="+config.Env[name])
	}
	return target, values
}
