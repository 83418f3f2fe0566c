package chat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mogplex/mogplex-cli/internal/chat"
	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const base = "/api/cli/inference"

// service is the development account service, and a client for it.
type service struct {
	*accountserver.Server
	chat.Client
}

func start(t *testing.T, cfg accountserver.Config) service {
	t.Helper()
	s := accountserver.New(cfg)
	web := httptest.NewServer(s)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		web.CloseClientConnections()
		web.Close()
	})
	return service{s, chat.Client{BaseURL: web.URL + base, HTTP: &http.Client{Transport: transport}}}
}

// ask sends a prompt and returns what was said.
func (s service) ask(ctx context.Context, token, prompt string) (string, error) {
	var said strings.Builder
	request := chat.Request{Messages: []chat.Message{{Role: "user", Content: prompt}}}
	_, err := s.Stream(ctx, request, token, func(piece string) { said.WriteString(piece) })
	return said.String(), err
}

func TestStream(t *testing.T) {
	s := start(t, accountserver.Config{})
	said, err := s.ask(t.Context(), s.IssuePAT(ada), "what is 2 & 2?")
	if err != nil || !strings.Contains(said, "You wrote: what is 2 & 2?") || !strings.HasSuffix(said, "has read it.") {
		t.Errorf("%q, %v", said, err)
	}
}

const (
	ada   = "ada@example.test"
	grace = "grace@example.test" // has no model
)

// TestFailures: each kind of failure has its class.
func TestFailures(t *testing.T) {
	fault := func(f accountserver.Fault) *accountserver.Fault {
		f.Path = base
		return &f
	}
	for name, test := range map[string]struct {
		who   string
		token string // replaces the token of who
		oauth bool
		fault *accountserver.Fault
		kind  error
		want  string
		wait  time.Duration
		said  bool
	}{
		"unknown token": {token: "mog_nobodyMARK", kind: chat.ErrUnauthorized},
		"token breaks":  {token: "mog_no\nbody", kind: chat.ErrUnauthorized},
		"redirect":      {who: ada, fault: fault(accountserver.Fault{Redirect: "/login"}), kind: chat.ErrRedirected},
		"browser":       {who: ada, oauth: true, kind: chat.ErrRedirected},
		"no model":      {who: grace, kind: chat.ErrNoModel, want: "No enabled model"},
		"forbidden":     {who: ada, fault: fault(accountserver.Fault{Status: 403}), kind: chat.ErrForbidden, want: "Forbidden"},
		"unknown model": {who: ada, fault: fault(accountserver.Fault{Status: 404}), kind: chat.ErrRefused},
		"rate limit":    {who: ada, fault: fault(accountserver.Fault{Status: 429, RetryAfter: "7"}), kind: chat.ErrRateLimited, wait: 7 * time.Second},
		"passing":       {who: ada, fault: fault(accountserver.Fault{Status: 503, RetryAfter: "2"}), kind: chat.ErrUnreachable, wait: 2 * time.Second},
		"broken":        {who: ada, fault: fault(accountserver.Fault{Status: 500, HTML: true}), kind: chat.ErrUnreachable},
		"portal":        {who: ada, fault: fault(accountserver.Fault{HTML: true}), kind: chat.ErrUnreachable, want: "something other"},
		"not a stream":  {who: ada, fault: fault(accountserver.Fault{Body: `{"error":"over\u001b[2J quota"}`}), kind: chat.ErrCut, want: "over quota"},
		"endless":       {who: ada, fault: fault(accountserver.Fault{Endless: true}), kind: chat.ErrUnreachable},
		"dropped":       {who: ada, fault: fault(accountserver.Fault{Drop: true}), kind: chat.ErrUnreachable},
		"dropped late":  {who: ada, fault: fault(accountserver.Fault{DropAfterProcessing: true}), kind: chat.ErrUnreachable},
		"truncated":     {who: ada, fault: fault(accountserver.Fault{Truncate: true}), kind: chat.ErrCut, said: true},
		"mid-stream":    {who: ada, fault: fault(accountserver.Fault{MidStream: true}), kind: chat.ErrCut, want: "The model stopped answering.", said: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, accountserver.Config{PATOnlyInference: true})
			token := test.token
			switch {
			case test.oauth:
				token, _ = s.IssueTokens(test.who)
			case token == "":
				token = s.IssuePAT(test.who)
			}
			if test.fault != nil {
				s.Fail(*test.fault)
			}
			said, err := s.ask(t.Context(), token, "the prompt MARK")
			var failed *chat.Error
			if !errors.As(err, &failed) || !errors.Is(err, test.kind) || failed.RetryAfter != test.wait {
				t.Fatalf("%#v", err)
			}
			if !strings.Contains(err.Error(), test.want) || (said != "") != test.said {
				t.Errorf("%v; said %q", err, said)
			}
			if strings.Contains(err.Error(), "MARK") || strings.Contains(err.Error(), token) {
				t.Errorf("%v", err)
			}
		})
	}
}

// server returns a client of a handler. It reads the body first, because net/http
// notices only then that a client has gone.
func server(t *testing.T, handler http.HandlerFunc) chat.Client {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler(w, r)
	}))
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		web.CloseClientConnections()
		web.Close()
	})
	return chat.Client{BaseURL: web.URL + "/", HTTP: &http.Client{Transport: transport}}
}

// TestRequest: nothing of the environment is in a request.
func TestRequest(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-MARK")
	t.Setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
	var got string
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprint(r.Method, r.URL, r.Header.Values("Authorization"), string(body))
		fmt.Fprint(w, "data: [DONE]")
	})
	request := chat.Request{Model: "m", Messages: []chat.Message{{Role: "system", Content: "s"}, {Role: "user", Content: "<u>"}}}
	if _, err := c.Stream(t.Context(), request, "tok", func(string) { t.Error("something was said") }); err == nil {
		t.Error("an answer of plain text passed for a stream")
	}
	want := `POST/chat/completions [Bearer tok]{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"\u003cu\u003e"}],"stream":true}`
	if got != want {
		t.Errorf("%s", got)
	}
}

// TestRedirectIsNotFollowed: the token is sent to one address.
func TestRedirectIsNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		if _, err := c.Stream(t.Context(), chat.Request{}, "tok", nil); !errors.Is(err, chat.ErrRedirected) {
			t.Error(err)
		}
		if _, err := c.Models(t.Context(), "tok"); !errors.Is(err, chat.ErrRedirected) {
			t.Error(err)
		}
	}
}

// TestMessages: messages have neither the token nor the conversation in them.
func TestMessages(t *testing.T) {
	const token = "sk-proj-MARKabcdefghijkl"
	for body, want := range map[string]string{
		`{"error":{"message":"bad key sk-proj-MARKabcd in use"}}`:  "bad key [redacted] in use",
		`{"error":{"message":"you said: a prompt of MARK words"}}`: "",
		`{"error":{"message":"one\ntwo\u202e\u0007 three"}}`:       "one two three",
		`{"error":{"message":"` + strings.Repeat("é", 300) + `"}}`: strings.Repeat("é", 199) + "…",
		`[{"error":{"message":"as Google says it"}}]`:              "as Google says it",
		`{"message":"as others say it"}`:                           "as others say it",
		`{"error":null}`:                                           "", `{"error":{"message":7}}`: "", `<p>`: "", `{"error":`: "",
	} {
		c := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, body)
		})
		request := chat.Request{Messages: []chat.Message{{Role: "user", Content: "a prompt of MARK words"}}}
		_, err := c.Stream(t.Context(), request, token, nil)
		var failed *chat.Error
		if !errors.As(err, &failed) || failed.Message != want || !errors.Is(err, chat.ErrRefused) {
			t.Errorf("%s gave %#v", body, err)
		}
	}
}

func TestModels(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/models" || r.Header.Get("Authorization") != "Bearer tok" {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, `{"object":"list","data":[{"id":"b","display_name":"B"},{"id":"a"}]}`)
	})
	models, err := c.Models(t.Context(), "tok")
	if want := []chat.Model{{ID: "b", Name: "B"}, {ID: "a"}}; err != nil || fmt.Sprint(models) != fmt.Sprint(want) {
		t.Errorf("%v, %v", models, err)
	}
	c = server(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) })
	if _, err := c.Models(t.Context(), "tok"); !errors.Is(err, chat.ErrUnreachable) {
		t.Error(err)
	}
}

// Anthropic's prompts take a bearer token, its list of models does not.
func TestAnthropic(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch h := r.Header; {
		case r.Method == http.MethodGet && r.URL.Query().Get("limit") != "" && h.Get("X-Api-Key") == "key" &&
			h.Get("Anthropic-Version") != "" && h.Get("Authorization") == "":
			fmt.Fprint(w, `{"data":[{"type":"model","id":"claude","display_name":"Claude"}],"has_more":false}`)
		case r.Method == http.MethodPost && h.Get("Authorization") == "Bearer key" && h.Get("X-Api-Key") == "":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, `data: {"choices":[{"delta":{"content":"hi"}}]}`+"\n\ndata: [DONE]\n\n")
		default:
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	c.Anthropic = true
	models, err := c.Models(t.Context(), "key")
	if err != nil || len(models) != 1 || models[0] != (chat.Model{ID: "claude", Name: "Claude"}) {
		t.Errorf("%v, %v", models, err)
	}
	said := ""
	if _, err := c.Stream(t.Context(), chat.Request{Model: "claude"}, "key", func(s string) { said += s }); err != nil || said != "hi" {
		t.Errorf("%q, %v", said, err)
	}
}

// TestAnswer: the service names its model and why the answer ends, or does not.
func TestAnswer(t *testing.T) {
	for stream, want := range map[string]chat.Answer{
		`{"model":"m","choices":[{"delta":{"content":"a"},"finish_reason":null}]} {"choices":[{"finish_reason":"length"}]}`: {Model: "m", FinishReason: "length"},
		`{"choices":[{"finish_reason":"stop"},{"index":1,"finish_reason":"length"}]} {"model":"m","choices":[]}`:            {Model: "m", FinishReason: "stop"},
		`{"model":7,"choices":[{"finish_reason":{}}]}`:                                                                      {},
	} {
		c := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: %s\n\ndata: [DONE]\n\n", strings.ReplaceAll(stream, " ", "\n\ndata: "))
		})
		if got, err := c.Stream(t.Context(), chat.Request{}, "tok", func(string) {}); got != want || err != nil {
			t.Errorf("%s gave %+v, %v", stream, got, err)
		}
	}
}
