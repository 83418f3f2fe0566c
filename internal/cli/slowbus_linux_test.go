package cli

import (
	"bytes"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// slowBus stands between the programs of a world and its session bus. It carries
// every call to the keychain, but drops the answers to calls that write.
type slowBus struct {
	testing.TB
	bus string

	mu     sync.Mutex
	from   int  // the number of the first write that is kept silent about; 0 is none
	deaf   bool // nothing at all is answered from that write on
	writes int  // since keepSilent
}

// slowBus puts itself before the session bus of the world's programs.
func (w *world) slowBus() *slowBus {
	w.Helper()
	path, _, _ := strings.Cut(strings.TrimPrefix(w.session.Address(), "unix:path="), ",")
	s := &slowBus{TB: w, bus: path}
	own := filepath.Join(w.runtime, "slow")
	l, err := net.Listen("unix", own)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = l.Close() })
	w.env = append(w.env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+own)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go s.carry(client)
		}
	}()
	return s
}

// keepSilent begins to keep silent about writes, the first of which is numbered
// from; deafly about all that is asked later, too. From 0 it carries everything.
func (s *slowBus) keepSilent(from int, deafly bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from, s.deaf, s.writes = from, deafly, 0
}

// wasSilent reports that there was a write that it kept silent about.
func (s *slowBus) wasSilent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from > 0 && s.writes >= s.from
}

// carry carries one connection to its end.
func (s *slowBus) carry(client net.Conn) {
	defer client.Close()
	bus, err := net.Dial("unix", s.bus)
	if err != nil {
		s.Error(err)
		return
	}
	defer bus.Close()
	wrote := false // guarded by s.mu
	ask := func(message []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if bytes.Contains(message, []byte("CreateItem")) || bytes.Contains(message, []byte("SetSecret")) {
			s.writes++
			wrote = s.from > 0 && s.writes >= s.from
		}
	}
	tell := func([]byte) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !wrote && !(s.deaf && s.from > 0 && s.writes >= s.from)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer bus.Close()
		copyUnless(bus, client, func(p []byte) bool { ask(p); return true })
	}()
	copyUnless(client, bus, tell)
	<-ended
}

// copyUnless copies what is carried, and drops what is not to be.
func copyUnless(to io.Writer, from io.Reader, carried func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && carried(buf[:n]) {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
