//go:build !windows

package terminal

import (
	"context"
	"fmt"
)

// Wait waits for the command's end and returns its exit code, -1 if a signal ended it. The screen then shows all of the
// command's output. If ctx ends first, the error contains the screen.
func (t *Terminal) Wait(ctx context.Context) (int, error) {
	select {
	case <-t.ended:
		return t.exit, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("the command did not end: %w; the screen:\n%s", ctx.Err(), t.Screen())
	}
}

// WaitFor waits until a text is on the screen, see [Screen.Contains].
func (t *Terminal) WaitFor(ctx context.Context, text string) error {
	if err := t.WaitUntil(ctx, func(s Screen) bool { return s.Contains(text) }); err != nil {
		return fmt.Errorf("wait for %q: %w", text, err)
	}
	return nil
}

// WaitUntil waits until good returns true, and calls it after each output. If ctx or the command ends first, the error
// has the screen.
func (t *Terminal) WaitUntil(ctx context.Context, good func(Screen) bool) error {
	for {
		t.mu.Lock()
		screen, changed := t.screen(), t.changed
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
