package accountserver

import (
	"encoding/json"
	"net/http"
	"slices"
)

const defaultModels = `[
{"id": "northwind/swift-2", "provider": "northwind", "name": "Swift 2", "contextLength": 128000,
 "capabilities": ["tools"], "pricing": {"input": 0.25, "output": 1.25}},
{"id": "northwind/atlas-1", "provider": "northwind", "name": "Atlas 1", "contextLength": 1000000,
 "capabilities": ["tools", "vision", "reasoning"], "pricing": {"input": 3, "output": 15}},
{"id": "contoso/quill", "provider": "contoso", "name": "Quill", "contextLength": null,
 "capabilities": [], "pricing": {"input": null, "output": null}}]`

// defaultServers holds values that look like secrets.
const defaultServers = `[
{"name": "issues", "enabled": true, "config": {"url": "https://mcp.example.test/issues",
 "http_headers": {"Authorization": "Bearer demo-secret-3f9c1a77d2"}}},
{"name": "files", "enabled": true, "config": {"command": "mcp-files", "args": ["--root", "."],
 "env": {"FILES_API_KEY": "demo-secret-b04e66815c"}}},
{"name": "archive", "enabled": false, "config": {"url": "https://mcp.example.test/archive"}}]`

// SetModels replaces the list of /models, in JSON.
func (s *Server) SetModels(list string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.models = json.RawMessage(list)
}

// SetMCPServers replaces the list of /mcp/servers, in JSON.
func (s *Server) SetMCPServers(list string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = json.RawMessage(list)
}

// serveList answers with a list under its name.
func (s *Server) serveList(name string, list *json.RawMessage) apiHandler {
	return func(*http.Request, caller) (any, *failure) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return map[string]any{name: *list}, nil
	}
}

// model returns the ID of the model that answers a prompt for id, by default the first
// one. It reports whether there is such a model.
func (s *Server) model(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var models []struct{ ID string }
	_ = json.Unmarshal(s.models, &models) // leaves models empty for a malformed list
	i := slices.IndexFunc(models, func(m struct{ ID string }) bool { return id == "" || m.ID == id })
	if i < 0 {
		return "", false
	}
	return models[i].ID, true
}
