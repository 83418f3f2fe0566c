package chat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mogplex/mogplex-cli/internal/chat"
)

// pipes is a network in memory, which does not keep a bubble of synctest awake.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { return nil } // inBubble closes the channel
func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p <- there
	return here, nil
}

// inBubble runs a test with a server in a bubble of synctest.
func inBubble(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, c chat.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := make(pipes)
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // or net/http does not notice that the client has gone
			handler(w, r)
		})}
		go web.Serve(network)
		transport := &http.Transport{DialContext: network.dial}
		test(t, chat.Client{BaseURL: "http://service.test", HTTP: &http.Client{Transport: transport}})
		transport.CloseIdleConnections()
		close(network)
		_ = web.Close()
	})
}

// begin sends the beginning of a stream.
func begin(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = fmt.Fprint(w, text)
	_ = http.NewResponseController(w).Flush()
}

// TestCancel: Stream ends at once when its context does, and says nothing afterwards.
func TestCancel(t *testing.T) {
	for _, when := range []string{"before the answer", "during it"} {
		t.Run(when, func(t *testing.T) {
			stop := func() {}
			inBubble(t, func(w http.ResponseWriter, r *http.Request) {
				if when == "during it" {
					begin(w, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n")
				} else {
					stop()
				}
				<-r.Context().Done()
			}, func(t *testing.T, c chat.Client) {
				ctx, cancel := context.WithCancel(t.Context())
				stop = cancel
				began := time.Now()
				_, err := c.Stream(ctx, chat.Request{}, "tok", func(string) { cancel() })
				if took := time.Since(began); !errors.Is(err, context.Canceled) || took > 0 {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
}

// TestLimits: a stream that stalls, and one that never ends.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration // between two pieces
		after time.Duration // Stream gives up
	}{{"it never ends", time.Minute, time.Hour}, {"it stalls", 2 * time.Hour, 5 * time.Minute}} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					begin(w, ": still there\n\n")
					select {
					case <-time.After(c.every):
					case <-r.Context().Done():
					}
				}
			}, func(t *testing.T, client chat.Client) {
				began := time.Now()
				_, err := client.Stream(t.Context(), chat.Request{}, "tok", nil)
				took := time.Since(began)
				if !errors.Is(err, chat.ErrCut) || !strings.Contains(err.Error(), "too long") || took != c.after {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
}
