// Package callback gives every test callback ports of its own, so that sign-ins that run at once don't meet.
package callback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
)

// Ports are the first and the second port that a sign-in tries.
type Ports [2]int

// They lie below those that systems give to outgoing connections.
const lowest, count = 20000, 10000

var next atomic.Int32

func init() { next.Store(rand.Int32N(count)) }

// FreePorts returns ports that nothing listens on and that no other call in this process returns.
func FreePorts() (p Ports) {
	for i := range p {
		for p[i] == 0 {
			port := lowest + int(next.Add(1))%count
			if ln, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
				_ = ln.Close()
				p[i] = port
			}
		}
	}
	return p
}

// Env is the setting by which mogplex uses the ports; it needs MOGPLEX_DEV=1 beside it.
func (p Ports) Env() string { return fmt.Sprintf("MOGPLEX_CALLBACK_PORTS=%d,%d", p[0], p[1]) }

// RedirectURIs are the addresses that a service has to know for the ports.
func (p Ports) RedirectURIs() (all []string) {
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for _, port := range p {
			all = append(all, fmt.Sprintf("http://%s:%d/auth/callback", host, port))
		}
	}
	return all
}
