package accountserver_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

// apiCode returns the code of an error envelope.
func (a answer) apiCode(t *testing.T) any {
	t.Helper()
	envelope := a.json(t)
	failure, ok := envelope["error"].(map[string]any)
	if envelope["ok"] != false || !ok || failure["message"] == "" {
		t.Fatalf("status %d without an error envelope", a.StatusCode)
	}
	return failure["code"]
}

// data returns the data of a success envelope.
func (a answer) data(t *testing.T) map[string]any {
	t.Helper()
	envelope := a.json(t)
	if a.StatusCode != http.StatusOK || envelope["ok"] != true {
		t.Fatalf("status %d", a.StatusCode)
	}
	return envelope["data"].(map[string]any)
}

func TestAPIAcceptsOAuthAndPersonalTokens(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	access, _ := w.IssueTokens(grace)
	pat := w.IssuePAT(ada)
	if !regexp.MustCompile(`^mog_[0-9A-Za-z]{32}$`).MatchString(pat) {
		t.Error("the personal token is not mog_ and 32 base62 characters")
	}
	for _, token := range []string{access, pat} {
		models := w.api("/models", token).data(t)["models"].([]any)
		first, last := models[0].(map[string]any), models[len(models)-1].(map[string]any)
		if first["contextLength"] != 128000.0 || last["contextLength"] != nil || last["pricing"].(map[string]any)["input"] != nil {
			t.Errorf("models %v", models)
		}
		servers := w.api("/mcp/servers", token).data(t)["servers"].([]any)
		if len(servers) != 3 || !strings.Contains(w.api("/mcp/servers", token).body, "demo-secret-") {
			t.Errorf("%d MCP servers", len(servers))
		}
	}
}

func TestAPIErrors(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	unread, _ := w.IssueTokens(ada, "openid", "write")
	good := w.IssuePAT(ada)
	tests := []struct {
		name, path, token string
		status            int
		code              string
	}{
		{"no token", "/models", "", 401, "UNAUTHORIZED"},
		{"unknown token", "/models", "nonsense", 401, "UNAUTHORIZED"},
		{"no read", "/models", unread, 403, "FORBIDDEN"},
		{"no endpoint", "/nothing", good, 404, "NOT_FOUND"},
		{"no run", "/runs/none", good, 404, "NOT_FOUND"},
		{"no run's events", "/runs/none/events", good, 404, "NOT_FOUND"},
		{"limit 0", "/runs/run_demo/events?limit=0", good, 400, "BAD_REQUEST"},
		{"limit 201", "/runs/run_demo/events?limit=201", good, 400, "BAD_REQUEST"},
		{"limit words", "/runs/run_demo/events?limit=all", good, 400, "BAD_REQUEST"},
	}
	for _, test := range tests {
		a := w.api(test.path, test.token)
		if a.StatusCode != test.status || a.apiCode(t) != test.code {
			t.Errorf("%s: status %d, code %v", test.name, a.StatusCode, a.apiCode(t))
		}
		challenge := a.Header.Get("WWW-Authenticate")
		if want := `Bearer resource_metadata="` + w.origin + `/.well-known/oauth-protected-resource"`; (a.StatusCode == 401) != (challenge == want) {
			t.Errorf("%s: WWW-Authenticate %q", test.name, challenge)
		}
	}
}

func TestRedirectUnauthenticated(t *testing.T) {
	w := newWorld(t, accountserver.Config{RedirectUnauthenticated: true})
	for _, a := range []answer{w.api("/models", "nonsense"), w.prompt("nonsense", `{}`)} {
		if a.StatusCode != http.StatusFound || a.location(t).Path != "/login" {
			t.Errorf("status %d", a.StatusCode)
		}
	}
	if a := w.api("/models", w.IssuePAT(ada)); a.StatusCode != http.StatusOK {
		t.Errorf("a good token: status %d", a.StatusCode)
	}
}

func TestSixtyRequestsAMinutePerPersonalToken(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	one, other := w.IssuePAT(ada), w.IssuePAT(ada)
	access, _ := w.IssueTokens(ada)
	for range 60 {
		w.api("/models", one).data(t)
		w.api("/models", access).data(t)
	}
	w.Advance(30 * time.Second)
	a := w.api("/models", one)
	if a.StatusCode != 429 || a.apiCode(t) != "RATE_LIMITED" || a.Header.Get("Retry-After") != "30" {
		t.Errorf("status %d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
	w.api("/models", other).data(t)
	w.api("/models", access).data(t)
	w.Advance(30 * time.Second)
	w.api("/models", one).data(t)
}

func TestSetModelsAndMCPServers(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	pat := w.IssuePAT(ada)
	w.SetModels(`[]`)
	w.SetMCPServers(`[{"config":{"url":"https://x.test"}}]`)
	if body := w.api("/models", pat).body; !strings.Contains(body, `"models":[]`) {
		t.Errorf("models: %s", body)
	}
	if body := w.api("/mcp/servers", pat).body; !strings.Contains(body, `"config":{"url":"https://x.test"}`) {
		t.Errorf("MCP servers: %s", body)
	}
}

func TestRunsGrow(t *testing.T) {
	w := newWorld(t, accountserver.Config{RequestsPerMinute: -1})
	pat := w.IssuePAT(ada)
	w.AddRun(accountserver.Run{ID: "r1", Owner: ada, Status: "failed", Error: "out of time", Base: "main", Events: []accountserver.Event{
		{After: time.Second, Type: "message", Message: "one"},
		{After: 2 * time.Second, Type: "tool_call", ToolName: "shell", Message: "two", Payload: json.RawMessage(`{"n":2}`)},
	}})
	steps := []struct {
		advance time.Duration
		status  string
		events  int
		failure any
	}{{0, "pending", 0, nil}, {time.Second, "streaming", 1, nil}, {time.Hour, "failed", 2, "out of time"}}
	for _, step := range steps {
		w.Advance(step.advance)
		data := w.api("/runs/r1/events?limit=200", pat).data(t)
		run, events := data["run"].(map[string]any), data["events"].([]any)
		if run["status"] != step.status || len(events) != step.events || run["error"] != step.failure {
			t.Errorf("status %v with %d events, error %v", run["status"], len(events), run["error"])
		}
	}
	latest := w.api("/runs/r1/events?limit=1", pat).data(t)["events"].([]any)[0].(map[string]any)
	if latest["message"] != "two" || latest["toolName"] != "shell" || latest["createdAt"] != "2026-11-23T12:00:02.000Z" {
		t.Errorf("latest event: %v", latest)
	}
	if a := w.api("/runs/r1", w.IssuePAT(grace)); a.StatusCode != http.StatusNotFound {
		t.Errorf("run of another account: status %d", a.StatusCode)
	}
	run := w.api("/runs/run_demo", pat).data(t)["run"].(map[string]any)
	if run["runId"] != "run_demo" || run["status"] != "streaming" {
		t.Errorf("demo run: status %v", run["status"])
	}
}
