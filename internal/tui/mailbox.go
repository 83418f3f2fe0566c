package tui

import (
	"context"
	"sync"
)

// mailbox hands what a service tells over to the screen. Putting never waits,
// and what comes together is taken together.
type mailbox[T any] struct {
	mu    sync.Mutex
	items []T
	end   *error
	news  chan struct{}
}

func newMailbox[T any]() *mailbox[T] {
	return &mailbox[T]{news: make(chan struct{}, 1)}
}

func (m *mailbox[T]) put(item T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = append(m.items, item)
	m.tell()
}

// close says that nothing more comes, and why.
func (m *mailbox[T]) close(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.end = &err
	m.tell()
}

func (m *mailbox[T]) tell() {
	select {
	case m.news <- struct{}{}:
	default:
	}
}

// take waits for news, and returns what was put since the last time. With the
// last of it comes the end.
func (m *mailbox[T]) take(ctx context.Context) (items []T, ended bool, err error) {
	select {
	case <-m.news:
	case <-ctx.Done():
		return nil, true, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	items, m.items = m.items, nil
	if m.end != nil {
		return items, true, *m.end
	}
	return items, false, nil
}
