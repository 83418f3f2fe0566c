// Package chat sends prompts to an OpenAI-compatible chat completion service: the account service's own, or a provider's.
//
// [Client.Stream] sends a conversation and returns the answer piece by piece. [Client.Models] lists the models that a key may
// use. Both send the token only to BaseURL, follow no redirect, retry nothing and read no environment variable. A failed call
// returns a [*Error], an interrupted one context.Canceled or context.DeadlineExceeded.
package chat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// Client calls one service. It may be used from several goroutines.
type Client struct {
	BaseURL string        // without the /chat/completions, such as https://api.openai.com/v1
	HTTP    *http.Client  // provides the transport only: an http.Client follows redirects and limits the whole answer
	Idle    time.Duration // longest wait for the next bytes of an answer; 0 means five minutes
	Total   time.Duration // longest answer; 0 means an hour
	// Anthropic makes Models send the key as Anthropic requires, in another header and with a version. Its list has
	// OpenAI's form.
	Anthropic bool
}

// Request is a conversation.
type Request struct {
	Model    string    `json:"model,omitempty"` // empty means the service's own choice, if it has one
	Messages []Message `json:"messages"`
}

// Message is one turn.
type Message struct {
	Role    string `json:"role"` // "system", "user" or "assistant"
	Content string `json:"content"`
}

// Model is a row of a service's list.
type Model struct {
	ID   string `json:"id"`
	Name string `json:"display_name"` // may be empty
}

// Answer is what the service says about a complete answer, uncleaned.
type Answer struct {
	Model        string // that answered; empty if the service does not say
	FinishReason string // "stop", "length", …; empty if the service does not say
}

const (
	bodyLimit   = 8 << 20         // bytes of a list of models
	streamLimit = 32 << 20        // bytes of a streamed answer
	eventLimit  = 1 << 20         // bytes of one event of it
	errorLimit  = 64 << 10        // bytes read of an answer that is a failure
	idleLimit   = 5 * time.Minute // a thinking model sends nothing
	totalLimit  = time.Hour
)

// Stream sends a conversation and calls emit with each piece of the answer, in order, from the caller's goroutine. The pieces
// are raw: clean them before they reach a terminal. It returns when the answer is complete, and at once when ctx ends. It may
// have called emit before it returns an error.
func (c Client) Stream(ctx context.Context, request Request, token string, emit func(piece string)) (Answer, error) {
	body, err := json.Marshal(struct {
		Request
		Stream bool `json:"stream"`
	}{request, true})
	if err != nil {
		return Answer{}, fmt.Errorf("prompt: %w", err)
	}
	f := failures{token: token, messages: request.Messages}
	resp, stop, err := c.call(ctx, http.MethodPost, "/chat/completions", body, f)
	if err != nil {
		return Answer{}, err
	}
	defer stop()
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "text/event-stream" && kind != "" {
		return Answer{}, f.notAStream(resp)
	}
	answer, err := readStream(resp.Request.Context(), resp.Body, f, emit)
	if err != nil {
		return answer, ended(ctx, err)
	}
	return answer, nil
}

// Models lists the models that the service offers to the token.
func (c Client) Models(ctx context.Context, token string) ([]Model, error) {
	f := failures{token: token}
	path := "/models"
	if c.Anthropic {
		path += "?limit=1000" // the default is 20
	}
	resp, stop, err := c.call(ctx, http.MethodGet, path, nil, f)
	if err != nil {
		return nil, err
	}
	defer stop()
	var list struct {
		Data []Model `json:"data"`
	}
	body, err := web.ReadBody(resp.Body, bodyLimit)
	if err != nil {
		return nil, ended(ctx, &Error{Kind: ErrUnreachable, Status: resp.StatusCode, Err: cause(resp.Request.Context(), err)})
	}
	if json.Unmarshal(body, &list) != nil || list.Data == nil {
		return nil, foreign()
	}
	return list.Data, nil
}

// call sends a request and returns an answer with status 200. Reading its body fails when it stalls or takes too long. The
// caller calls the function that it returns when done.
func (c Client) call(ctx context.Context, method, path string, body []byte, f failures) (*http.Response, func(), error) {
	if !web.VisibleASCII(f.token) {
		return nil, nil, &Error{Kind: ErrUnauthorized, Err: errToken}
	}
	limited, stop, progress := c.limits(ctx)
	req, err := http.NewRequestWithContext(limited, method, strings.TrimRight(c.BaseURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		stop()
		return nil, nil, &Error{Kind: ErrUnreachable, Err: errAddress}
	}
	if c.Anthropic && method == http.MethodGet {
		req.Header.Set("X-Api-Key", f.token)
		req.Header.Set("Anthropic-Version", "2023-06-01")
	} else {
		req.Header.Set("Authorization", "Bearer "+f.token)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "text/event-stream")
	}
	transport := http.DefaultTransport
	if c.HTTP != nil && c.HTTP.Transport != nil {
		transport = c.HTTP.Transport
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		err = ended(ctx, &Error{Kind: ErrUnreachable, Err: cause(limited, err)})
		stop()
		return nil, nil, err
	}
	progress()
	resp.Body = &progressReader{resp.Body, progress}
	done := func() {
		stop()
		_ = resp.Body.Close()
	}
	if resp.StatusCode != http.StatusOK {
		defer done()
		return nil, nil, ended(ctx, f.answer(resp))
	}
	return resp, done, nil
}

// limits returns a context that ends when ctx does, after Total, or after Idle without a call of progress.
func (c Client) limits(ctx context.Context) (limited context.Context, stop func(), progress func()) {
	idle, total := cmp.Or(c.Idle, idleLimit), cmp.Or(c.Total, totalLimit)
	limited, cancel := context.WithCancelCause(ctx)
	stalled := time.AfterFunc(idle, func() { cancel(errStalled) })
	endless := time.AfterFunc(total, func() { cancel(errEndless) })
	stop = func() {
		stalled.Stop()
		endless.Stop()
		cancel(nil)
	}
	return limited, stop, func() { stalled.Reset(idle) }
}

// progressReader calls progress after each read that returns bytes.
type progressReader struct {
	io.ReadCloser
	progress func()
}

func (r *progressReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if n > 0 {
		r.progress()
	}
	return n, err
}

// ended returns ctx's error if ctx has ended, because that is why anything else failed.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return web.Cause(ctx.Err())
	}
	return err
}
