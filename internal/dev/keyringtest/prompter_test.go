//go:build linux

package keyringtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

func prompt(t *testing.T, s *keyringtest.Session, answer keyringtest.Answer) <-chan struct{} {
	t.Helper()
	shown, err := s.Prompt(answer)
	must(t, err)
	return shown
}

func TestPrompt(t *testing.T) {
	s := start(t, keyringtest.Options{})
	store(t, s, "secret")
	must(t, s.Lock(t.Context()))

	shown := prompt(t, s, keyringtest.DismissPrompt)
	lookup(t, s, "")
	<-shown

	shown = prompt(t, s, keyringtest.AnswerPrompt)
	for range 3 {
		lookup(t, s, "secret")
		<-shown
		if len(shown) != 0 {
			t.Error("the password was not taken the first time")
		}
		must(t, s.Lock(t.Context()))
	}

	shown = prompt(t, s, keyringtest.IgnorePrompt)
	waiting(t, s, shown, s.StopProvider)
}

func TestKillDuringPrompt(t *testing.T) {
	s := start(t, keyringtest.Options{})
	must(t, s.Lock(t.Context()))
	waiting(t, s, prompt(t, s, keyringtest.IgnorePrompt), s.KillProvider)
}

// waiting checks that secret-tool waits for a prompt, and calls then meanwhile.
func waiting(t *testing.T, s *keyringtest.Session, shown <-chan struct{}, then func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := secretTool(ctx, s, "x", "store", "--label=x", "k", "v")
		done <- err
	}()
	select {
	case <-shown:
	case err := <-done:
		t.Fatalf("no prompt was shown: %v", err)
	}
	select {
	case err := <-done:
		t.Errorf("secret-tool did not wait for the prompt: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	must(t, then())
	cancel()
	<-done
}
