package hosted

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// The covers that stand for a secret.
const (
	Dots     = "••••"
	Redacted = "[redacted]"
)

// MCPConfig is how to reach an MCP server: a command with its arguments and
// environment, or an address with HTTP headers. Its values are secrets. It
// prints as "[redacted]" and marshals masked; only the fields give them.
type MCPConfig struct {
	Command string
	Args    []string
	Env     map[string]string
	URL     string
	Headers map[string]string
}

// configView is the JSON form.
type configView struct {
	Command string            `json:"command,omitempty"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"http_headers,omitempty"`
}

// UnmarshalJSON reads a config. One of a shape that this version does not know
// is empty: the other servers are still of use.
func (c *MCPConfig) UnmarshalJSON(data []byte) error {
	var view configView
	if json.Unmarshal(data, &view) != nil {
		view = configView{}
	}
	*c = MCPConfig(view)
	return nil
}

// MarshalJSON writes the masked form.
func (c MCPConfig) MarshalJSON() ([]byte, error) { return json.Marshal(configView(c.Masked(Redacted))) }

// Format prints no value, whatever the verb.
func (MCPConfig) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue logs no value.
func (MCPConfig) LogValue() slog.Value { return slog.StringValue(Redacted) }
