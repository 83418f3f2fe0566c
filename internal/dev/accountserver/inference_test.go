package accountserver_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func (w *world) prompt(token, body string) answer {
	w.t.Helper()
	return w.do(http.MethodPost, accountserver.InferencePath, body, "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

// streamed parses server-sent events into the text, a mid-stream error, and whether
// [DONE] came last.
func streamed(t *testing.T, a answer) (text, failure string, done bool) {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("status %d, content type %s", a.StatusCode, got)
	}
	for event := range strings.SplitSeq(strings.TrimSpace(a.body), "\n\n") {
		data := strings.TrimPrefix(event, "data: ")
		if done = data == "[DONE]"; done {
			continue
		}
		var chunk struct {
			Object  string
			Choices []struct{ Delta struct{ Content string } }
			Error   struct{ Message string }
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			t.Fatal(err)
		}
		failure += chunk.Error.Message
		for _, choice := range chunk.Choices {
			text += choice.Delta.Content
		}
	}
	return text, failure, done
}

func TestPromptsStreamUnlessStreamIsExactlyFalse(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	pat := w.IssuePAT(ada)
	for _, stream := range []string{"", `"stream":true,`, `"stream":null,`, `"stream":0,`, `"stream":"false",`} {
		a := w.prompt(pat, `{`+stream+`"model":"northwind/atlas-1","messages":[{"role":"user","content":"2+2"}]}`)
		text, failure, done := streamed(t, a)
		if !strings.Contains(text, "Hello Ada. You wrote: 2+2") || failure != "" || !done {
			t.Errorf("%s: text %q, error %q, done %v", stream, text, failure, done)
		}
	}
	whole := w.prompt(pat, `{"stream": false,"messages":[{"role":"user","content":"2+2"}]}`).json(t)
	if whole["object"] != "chat.completion" || whole["model"] != "northwind/swift-2" {
		t.Errorf("not streamed: %v of %v", whole["object"], whole["model"])
	}
}

func TestPromptErrors(t *testing.T) {
	w := newWorld(t, accountserver.Config{PATOnlyInference: true})
	access, _ := w.IssueTokens(ada)
	tests := []struct {
		name, token, body string
		status            int
		answer            string
	}{
		{"no token", "", `{}`, 401, `{"error":"Unauthorized"}`},
		{"no model access", w.IssuePAT(grace), `{}`, 400, `{"error":{"message":"No enabled model is configured for this account."}}`},
		{"OAuth token", access, `{}`, 302, ""},
		{"not JSON", w.IssuePAT(ada), `{`, 400, `{"error":{"message":"The request is not a chat completion."}}`},
		{"unknown model", w.IssuePAT(ada), `{"model":"x"}`, 400, `{"error":{"message":"No such model is enabled for this account."}}`},
	}
	for _, test := range tests {
		a := w.prompt(test.token, test.body)
		if a.StatusCode != test.status || test.answer != "" && strings.TrimSpace(a.body) != test.answer {
			t.Errorf("%s: status %d, %s", test.name, a.StatusCode, a.body)
		}
	}
	open := newWorld(t, accountserver.Config{})
	access, _ = open.IssueTokens(ada)
	if a := open.prompt(access, `{}`); a.StatusCode != http.StatusOK {
		t.Errorf("an OAuth token by default: status %d", a.StatusCode)
	}
}

func TestMidStreamErrorComesBeforeDone(t *testing.T) {
	w := newWorld(t, accountserver.Config{})
	w.Fail(accountserver.Fault{Path: accountserver.InferencePath, MidStream: true})
	text, failure, done := streamed(t, w.prompt(w.IssuePAT(ada), `{}`))
	if text != "Hello Ada. " || failure == "" || !done {
		t.Errorf("text %q, error %q, done %v", text, failure, done)
	}
}
