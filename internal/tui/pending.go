package tui

import (
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// pending counts the commands that are under way, and keeps their panics away
// from bubbletea, which prints them: they may hold anything.
type pending struct {
	mu     sync.Mutex
	count  int
	ended  bool
	nobody chan struct{} // closed when the last is done after the end
}

// guard is the command, counted. After the end it does nothing.
func (p *pending) guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		if !p.begin() {
			return nil
		}
		defer p.done()
		defer func() {
			if r := recover(); r != nil {
				msg = crash(r)
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = p.guard(batch[i])
			}
		}
		return msg
	}
}

func (p *pending) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return false
	}
	p.count++
	return true
}

func (p *pending) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count--; p.count == 0 && p.ended {
		close(p.nobody)
	}
}

// wait ends the commands' time, and waits for those that are under way. Slow is
// called when that takes long.
func (p *pending) wait(limit time.Duration, slow func()) {
	p.mu.Lock()
	p.ended, p.nobody = true, make(chan struct{})
	count := p.count
	p.mu.Unlock()
	if count == 0 {
		return
	}
	late := time.AfterFunc(patience, slow)
	defer late.Stop()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.nobody:
	case <-timer.C:
	}
}
