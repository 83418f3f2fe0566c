package hosted

import (
	"encoding/json"
	"net/http"
)

// Model is a row of the model catalog.
type Model struct {
	ID            string   `json:"id"`
	Provider      string   `json:"provider"`
	Name          string   `json:"name"`
	ContextLength *int64   `json:"contextLength"` // tokens; nil where it is not known
	Capabilities  []string `json:"capabilities"`
	Pricing       Pricing  `json:"pricing"`
}

// Pricing is in US dollars per million tokens; nil where it is not known.
type Pricing struct {
	Input  *float64 `json:"input"`
	Output *float64 `json:"output"`
}

// MCPServer is a remote MCP definition. Its Config holds secrets: it prints and
// marshals masked.
type MCPServer struct {
	Name    string    `json:"name"`
	Enabled bool      `json:"enabled"`
	Config  MCPConfig `json:"config"`
}

// list is one of the service's lists: where it is asked for, what file keeps
// it, and how it is read.
type list[T any] struct {
	path, file string
	secret     bool // it holds secrets
	read       func(json.RawMessage) ([]T, error)
}

var modelList = list[Model]{path: "/models", file: "models.remote.json", read: readModels}

var serverList = list[MCPServer]{path: "/mcp/servers", file: "mcp-servers.remote.json", secret: true, read: readServers}

func readModels(data json.RawMessage) ([]Model, error) {
	var answer struct {
		Models *[]Model `json:"models"`
	}
	return present(decode(data, &answer), answer.Models)
}

func readServers(data json.RawMessage) ([]MCPServer, error) {
	var answer struct {
		Servers *[]MCPServer `json:"servers"`
	}
	return present(decode(data, &answer), answer.Servers)
}

// present tells an empty list from an answer without one, which is another's.
func present[T any](err error, rows *[]T) ([]T, error) {
	if err != nil {
		return nil, err
	}
	if rows == nil {
		return nil, &Error{Kind: ErrUnreachable, Status: http.StatusOK, Err: errForeign}
	}
	return *rows, nil
}
