package login

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxConns bounds the connections a flood can hold open.
	maxConns = 128
	// requestGrace is how long a new connection has to send its request before
	// it counts as silent.
	requestGrace = 50 * time.Millisecond
)

// listenLoopback binds the first of ports that can be bound, on 127.0.0.1 only.
// A port may be taken, or lie in a range that Windows excludes (WSAEACCES). ln is
// nil if none can be bound.
func listenLoopback(ctx context.Context, ports []int) (ln net.Listener, port int) {
	config := net.ListenConfig{Control: exclusive}
	for _, port := range ports {
		ln, err := config.Listen(ctx, "tcp4", loopbackAddress(port))
		if err == nil {
			return &evictingListener{Listener: ln}, ln.Addr().(*net.TCPAddr).Port
		}
	}
	return nil, ports[0]
}

// evictingListener keeps at most maxConns connections open. To make room it
// closes the oldest that has not sent this sign-in's callback: the browser sends
// its request as it connects, so an old silent connection is not the browser.
type evictingListener struct {
	net.Listener
	mu    sync.Mutex
	conns []*trackedConn // oldest first
}

type trackedConn struct {
	net.Conn
	listener *evictingListener
	accepted time.Time
	keep     atomic.Bool // carries a request of this sign-in's browser
}

func (l *evictingListener) Accept() (net.Conn, error) {
	raw, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &trackedConn{Conn: raw, listener: l, accepted: time.Now()}
	if victim := l.add(c); victim != nil {
		time.Sleep(requestGrace - time.Since(victim.accepted))
		if !victim.keep.Load() {
			_ = victim.Conn.Close()
		}
	}
	return c, nil
}

// add tracks c and returns the connection to close for it, if any.
func (l *evictingListener) add(c *trackedConn) (victim *trackedConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) >= maxConns {
		for i, old := range l.conns {
			if !old.keep.Load() {
				victim = old
				l.conns = append(l.conns[:i], l.conns[i+1:]...)
				break
			}
		}
	}
	l.conns = append(l.conns, c)
	return victim
}

func (c *trackedConn) Close() error {
	l := c.listener
	l.mu.Lock()
	for i, open := range l.conns {
		if open == c {
			l.conns = append(l.conns[:i], l.conns[i+1:]...)
			break
		}
	}
	l.mu.Unlock()
	return c.Conn.Close()
}
