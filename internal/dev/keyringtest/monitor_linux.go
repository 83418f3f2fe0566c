package keyringtest

import (
	"context"
	"fmt"
	"sync"

	"github.com/godbus/dbus/v5"
)

// Traffic is the calls that a session's bus carried to the Secret Service. It is safe for concurrent use.
type Traffic struct {
	conn     *dbus.Conn
	messages chan *dbus.Message
	done     chan struct{}
	own      *dbus.Conn    // the session's
	pinged   chan struct{} // gets one for each ping of the session's own

	mu    sync.Mutex
	calls map[string][]string // methods by the connection that called, in order
}

// Monitor listens to the session's bus until Close. It can see a call a moment after the caller has its answer: see Settle.
func (s *Session) Monitor() (*Traffic, error) {
	t, err := s.monitor()
	if err != nil {
		return nil, fmt.Errorf("monitor the bus: %w", err)
	}
	return t, nil
}

func (s *Session) monitor() (*Traffic, error) {
	conn, err := dbus.Connect(s.address)
	if err != nil {
		return nil, err
	}
	var owner string
	err = conn.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, secretsName).Store(&owner)
	if err == nil {
		err = conn.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{"type='method_call'"}, uint32(0)).Err
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	t := &Traffic{
		conn: conn, messages: make(chan *dbus.Message, 4096), done: make(chan struct{}),
		own: s.conn, pinged: make(chan struct{}, 16), calls: map[string][]string{},
	}
	conn.Eavesdrop(t.messages)
	go func() {
		defer close(t.done)
		for m := range t.messages {
			if to, _ := m.Headers[dbus.FieldDestination].Value().(string); to == secretsName || to == owner {
				t.add(m)
			}
		}
	}()
	return t, nil
}

func (t *Traffic) add(m *dbus.Message) {
	from, _ := m.Headers[dbus.FieldSender].Value().(string)
	method, _ := m.Headers[dbus.FieldMember].Value().(string)
	if method == "Ping" && from == t.own.Names()[0] {
		t.pinged <- struct{}{}
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls[from] = append(t.calls[from], method)
}

// Summary returns the methods that were called: the first one of each connection, and all, in each connection's order.
func (t *Traffic) Summary() (firsts, all []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, calls := range t.calls {
		firsts, all = append(firsts, calls[0]), append(all, calls...)
	}
	return firsts, all
}

// Settle returns when the monitor has seen all calls that were made before it.
func (t *Traffic) Settle(ctx context.Context) error {
	t.own.Object(secretsName, servicePath).Go("org.freedesktop.DBus.Peer.Ping", dbus.FlagNoReplyExpected|dbus.FlagNoAutoStart, nil)
	select {
	case <-t.pinged:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("monitor the bus: %w", ctx.Err())
	}
}

// Close ends the monitoring.
func (t *Traffic) Close() {
	t.conn.Eavesdrop(nil) // otherwise godbus would close the channel, and might still send on it
	t.conn.Close()
	close(t.messages)
	<-t.done
}
