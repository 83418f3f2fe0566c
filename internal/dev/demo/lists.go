package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// mcpSecret is how the secrets of the service's MCP definitions begin.
const mcpSecret = "demo-secret-"

// lists shows what the account brings, and looks for secrets in it.
func (d *demo) lists(ctx context.Context) {
	models := d.mogplex(ctx, nil, "models")
	d.check(models.code == 0 && models.stdout != "", "These are the models of the account.")
	servers := d.mogplex(ctx, nil, "mcp")
	asJSON := d.try(ctx, nil, []string{"mcp", "--json"})
	covered := strings.Contains(servers.stdout, "••••") && strings.Contains(asJSON.stdout, "[redacted]")
	shown := servers.stdout + servers.stderr + asJSON.stdout + asJSON.stderr
	d.check(covered && !strings.Contains(shown, mcpSecret), "No value of a header or variable is shown, in JSON neither.")
	kept, err := os.ReadFile(filepath.Join(d.listsDir(), "mcp-servers.remote.json"))
	if clear := strings.Contains(string(kept), mcpSecret); d.keychain != "" {
		d.check(err == nil && !clear, "The cached copy is encrypted, with a key in the keychain.")
	} else {
		d.check(err == nil && clear, "The cached copy is not encrypted: there is no keychain for the key.")
	}
}

// listsDir is where the lists of the demo's service are kept.
func (d *demo) listsDir() string { return filepath.Join(d.home, d.key().Subdir()) }

// noLists checks that the cached copies went with the sign-in.
func (d *demo) noLists() {
	left, err := filepath.Glob(filepath.Join(d.listsDir(), "*.remote.json"))
	d.check(err == nil && len(left) == 0, "The lists are gone, too.")
}
