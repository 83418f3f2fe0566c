package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/words"
)

func (p *program) mcpCommand() *cli.Command {
	return &cli.Command{
		Name:  "mcp",
		Usage: "list the remote MCP servers of your account",
		Description: `Prints the MCP servers that are defined for your account. Never prints the
values of headers and environment variables, or anything in an address or
argument that looks like a secret. Caches the list as ` + "`mogplex models`" + ` does.

Examples:
  mogplex mcp
  mogplex mcp --refresh            fetch the list again
  mogplex mcp --json`,
		Flags:  []cli.Flag{jsonFlag(), refreshFlag()},
		Action: p.command(p.printServers),
	}
}

// serversReport is the object of --json. MCPServer marshals with its secrets masked.
type serversReport struct {
	Servers []hosted.MCPServer `json:"servers"`
	listReport
}

func (p *program) printServers(ctx context.Context, c *cli.Context) error {
	got, res, err := account.List(ctx, p.account, c.Bool("refresh"), hosted.Catalog.Servers)
	return printList(p, got, res, err, printing[hosted.MCPServer]{
		table:  serverTable,
		empty:  "No MCP servers are defined for your account.",
		report: func(list []hosted.MCPServer, how listReport) any { return serversReport{list, how} },
	})
}

func serverTable(servers []hosted.MCPServer, width int) string {
	rows := [][]string{{"NAME", "STATE", "TARGET"}}
	for _, server := range servers {
		state := "off"
		if server.Enabled {
			state = "on"
		}
		target, values := words.MaskedServer(server)
		rows = append(rows, []string{server.Name, state, target})
		for _, value := range values {
			rows = append(rows, []string{"", "", value})
		}
	}
	return table(rows, nil, nil, width)
}
