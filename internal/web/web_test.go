package web_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/web"
)

func TestErrorSaysTheMostUsefulCause(t *testing.T) {
	narrower := fmt.Errorf("%w", web.ErrRateLimited)
	for want, err := range map[string]*web.Error{
		"the service asks to wait":                                       {Kind: narrower},
		"the service asks to wait 7s":                                    {Kind: narrower, Status: 429, RetryAfter: 7 * time.Second},
		"the service asks to wait: Slow down.":                           {Kind: narrower, Status: 429, RetryAfter: 1, Message: "Slow down."},
		"no usable answer from the service (HTTP 502)":                   {Kind: web.ErrUnreachable, Status: 502, RetryAfter: time.Second},
		"no usable answer from the service: it closed the connection":    {Kind: web.ErrUnreachable, Status: 200, Err: web.Cause(io.EOF)},
		"no usable answer from the service: " + web.ErrForeign.Error():   {Kind: web.ErrUnreachable, Status: 200, Err: web.ErrForeign},
		"the service does not allow this account to do that: Ask Grace.": {Kind: web.ErrForbidden, Status: 403, Message: "Ask Grace."},
		"the service has nothing by that name":                           {Kind: web.ErrNotFound},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
		if !errors.Is(err, err.Kind) || err.Err != nil && !errors.Is(err, err.Err) {
			t.Errorf("%q is not found as its class or its cause", err)
		}
	}
	if err := (&web.Error{Kind: narrower}); !errors.Is(err, web.ErrRateLimited) || !web.Temporary(err) || web.Temporary(io.EOF) {
		t.Error("a narrower class is not found as its class")
	}
}

func TestReadBody(t *testing.T) {
	if body, err := web.ReadBody(strings.NewReader("12345"), 5); string(body) != "12345" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
	if body, err := web.ReadBody(strings.NewReader("123456"), 5); body != nil || !errors.Is(err, web.ErrTooLarge) {
		t.Errorf("%q, %v", body, err)
	}
	if err := web.Cause(fmt.Errorf("read: %w", web.ErrTooLarge)); !errors.Is(err, web.ErrTooLarge) || err.Error() != "the answer is too large" {
		t.Error(err)
	}
}

func TestMessage(t *testing.T) {
	for said, want := range map[string]string{
		"one\ntwo\u202e\a three":    "one two three",
		"\x1b[31mred\x1b[0m":        "red",
		"key sk-proj-abcd… is used": "key [redacted] is used",
		strings.Repeat("é", 300):    strings.Repeat("é", 199) + "…",
	} {
		if got := web.Message(said, "sk-proj-abcdefgh"); got != want {
			t.Errorf("Message(%q) = %q, want %q", said, got, want)
		}
	}
	if got := web.Message("the pin is 1234", "1234"); got != "the pin is [redacted]" {
		t.Error(got)
	}
}
