package hosted

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// The texts that replace a secret.
const (
	Dots     = "••••"
	Redacted = "[redacted]"
)

// MCPConfig is how to reach an MCP server: a command with its arguments and environment, or an address with HTTP headers.
// Its values are secrets, so it prints as "[redacted]" and marshals masked.
type MCPConfig struct {
	Command string
	Args    []string
	Env     map[string]string
	URL     string
	Headers map[string]string
}

// configView is the JSON form of MCPConfig.
type configView struct {
	Command string            `json:"command,omitempty"`
	Args    []string          `json:"args,omitempty"`
	Env     map[string]string `json:"env,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"http_headers,omitempty"`
}

// UnmarshalJSON reads a config. It reads a form that this version does not know as an empty config, so that the other
// servers of a list stay usable.
func (c *MCPConfig) UnmarshalJSON(data []byte) error {
	var view configView
	if json.Unmarshal(data, &view) != nil {
		view = configView{}
	}
	*c = MCPConfig(view)
	return nil
}

// MarshalJSON returns the masked form.
func (c MCPConfig) MarshalJSON() ([]byte, error) { return json.Marshal(configView(c.Masked(Redacted))) }

// Format prints "[redacted]" for every verb.
func (MCPConfig) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue returns "[redacted]".
func (MCPConfig) LogValue() slog.Value { return slog.StringValue(Redacted) }
