//go:build !windows

package terminal

import (
	"context"
	"fmt"
)

// Wait waits for the command's end and returns its exit code, -1 where a signal
// ended it. All that the command wrote is on the screen then. The error, when
// ctx ends first, holds the screen.
func (t *Terminal) Wait(ctx context.Context) (int, error) {
	select {
	case <-t.ended:
		return t.exit, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("the command does not end: %w; the screen:\n%s", ctx.Err(), t.Screen())
	}
}

// WaitFor waits until a text is on the screen, as [Screen.Contains] has it.
func (t *Terminal) WaitFor(ctx context.Context, text string) error {
	if err := t.WaitUntil(ctx, func(s Screen) bool { return s.Contains(text) }); err != nil {
		return fmt.Errorf("wait for %q: %w", text, err)
	}
	return nil
}

// WaitUntil waits until the screen is as asked, and looks again at each output.
// The error, when ctx or the command ends first, holds the screen.
func (t *Terminal) WaitUntil(ctx context.Context, good func(Screen) bool) error {
	for {
		t.mu.Lock()
		screen, changed := t.shown(), t.changed
		t.mu.Unlock()
		if good(screen) {
			return nil
		}
		select {
		case <-changed:
			continue
		case <-ctx.Done():
			return fmt.Errorf("%w; the screen:\n%s", ctx.Err(), screen)
		case <-t.ended:
		}
		if screen = t.Screen(); good(screen) {
			return nil
		}
		return fmt.Errorf("the command ended with exit code %d; the screen:\n%s", t.exit, screen)
	}
}
