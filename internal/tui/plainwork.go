package tui

import (
	"bufio"
	"context"
	"errors"
	"strings"
	"time"
)

// task is something that takes its time.
type task struct {
	doing  string // "Checking the key", for when it takes long
	do     func(ctx context.Context, say func(string)) error
	pasted chan string // gets the lines that are typed meanwhile; nil: they wait
	cut    bool        // it ends when another credential comes into force
}

// work does a task and writes what it says. Ctrl+C ends it. It returns when the
// task did.
func (p *plain) work(t task) error {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	said, done, found := make(chan string), make(chan error, 1), make(chan Session)
	go func() {
		done <- p.safely(func() error {
			return t.do(ctx, func(text string) {
				select {
				case said <- text:
				case <-ctx.Done():
				}
			})
		})
	}()
	slow := time.NewTimer(time.Second)
	defer slow.Stop()
	var stopped error
	for {
		select {
		case text := <-said:
			slow.Stop()
			p.write(text)
		case err := <-done:
			if err == nil {
				return nil
			}
			return errors.Join(stopped, err)
		case <-slow.C:
			p.say("%s…", t.doing)
		case line := <-t.typed(p.input):
			p.input.taken()
			t.take(ctx, line)
		case <-t.changes(p.changes):
			go p.watch(ctx, found)
		case now := <-found:
			if p.replaced(now) {
				stopped = errReplaced
				cancel()
			}
		case <-p.interrupts:
			cancel()
			if stopped = p.interrupted("Interrupted. "); leaves(stopped) {
				return errors.Join(stopped, settled(done))
			}
		}
	}
}

// safely makes an error that ends the app of a panic.
func (p *plain) safely(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			p.LogPanic(r, callers())
			err = errors.Join(ErrCrashed, errLeave)
		}
	}()
	return do()
}

// typed is where the task's lines come from.
func (t *task) typed(input *lines) <-chan line {
	if t.pasted == nil {
		return nil
	}
	return input.next()
}

// changes is what tells a task that is cut of changes. Any other is not
// disturbed: they are looked at behind it.
func (t *task) changes(all <-chan struct{}) <-chan struct{} {
	if !t.cut {
		return nil
	}
	return all
}

// take hands a line on. After the last the task goes on without.
func (t *task) take(ctx context.Context, line line) {
	if line.err != nil {
		t.pasted = nil
		return
	}
	if text := strings.TrimSpace(line.text); text != "" {
		pasted := t.pasted
		go func() {
			select {
			case pasted <- text:
			case <-ctx.Done():
			}
		}()
	}
}

// settled waits for a task that was told to end: it may be storing something.
func settled(done <-chan error) error {
	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return nil
	}
}

// lines reads lines one at a time, and only when one is wanted: a secret that
// is typed next is not read by it. A read can't be cut short; its line comes
// with the next call.
type lines struct {
	from *bufio.Reader
	read chan line
}

type line struct {
	text string
	err  error
}

func (l *lines) next() <-chan line {
	if l.read == nil {
		l.read = make(chan line, 1)
		go func() {
			text, err := l.from.ReadString('\n')
			if err != nil && text == "" {
				l.read <- line{err: errLeave}
				return
			}
			l.read <- line{text: text}
		}()
	}
	return l.read
}

// taken says that the line was received.
func (l *lines) taken() { l.read = nil }
