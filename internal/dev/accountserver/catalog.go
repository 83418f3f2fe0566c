package accountserver

import (
	"net/http"
	"slices"
)

// Model is an entry of /models.
type Model struct {
	ID            string   `json:"id"`
	Provider      string   `json:"provider"`
	Name          string   `json:"name"`
	ContextLength *int     `json:"contextLength"` // tokens; nil is unknown
	Capabilities  []string `json:"capabilities"`
	Pricing       Pricing  `json:"pricing"`
}

// Pricing is in dollars per million tokens; nil is unknown.
type Pricing struct {
	Input  *float64 `json:"input"`
	Output *float64 `json:"output"`
}

// MCPServer is an entry of /mcp/servers. Config is {command, args?, env?} or
// {url, http_headers?}, or anything else that a test wants to send.
type MCPServer struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	Config  any    `json:"config"`
}

// SetModels replaces the answer of /models.
func (s *Server) SetModels(models ...Model) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = slices.Clone(models)
}

// SetMCPServers replaces the answer of /mcp/servers. The caller must not change a
// Config afterwards.
func (s *Server) SetMCPServers(servers ...MCPServer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = slices.Clone(servers)
}

func (s *Server) listModels(*http.Request, caller) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"models": append([]Model{}, s.models...)}, nil
}

func (s *Server) listMCPServers(*http.Request, caller) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{"servers": append([]MCPServer{}, s.servers...)}, nil
}

func defaultModels() []Model {
	return []Model{
		{ID: "northwind/swift-2", Provider: "northwind", Name: "Swift 2", ContextLength: new(128_000),
			Capabilities: []string{"tools"}, Pricing: Pricing{new(0.25), new(1.25)}},
		{ID: "northwind/atlas-1", Provider: "northwind", Name: "Atlas 1", ContextLength: new(1_000_000),
			Capabilities: []string{"tools", "vision", "reasoning"}, Pricing: Pricing{new(3.0), new(15.0)}},
		{ID: "contoso/quill", Provider: "contoso", Name: "Quill", Capabilities: []string{}},
	}
}

// defaultServers holds values that look like secrets.
func defaultServers() []MCPServer {
	return []MCPServer{
		{Name: "issues", Enabled: true, Config: map[string]any{
			"url":          "https://mcp.example.test/issues",
			"http_headers": map[string]string{"Authorization": "Bearer demo-secret-3f9c1a77d2"},
		}},
		{Name: "files", Enabled: true, Config: map[string]any{
			"command": "mcp-files", "args": []string{"--root", "."},
			"env": map[string]string{"FILES_API_KEY": "demo-secret-b04e66815c"},
		}},
		{Name: "archive", Config: map[string]any{"url": "https://mcp.example.test/archive"}},
	}
}
