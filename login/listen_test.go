package login

import (
	"errors"
	"net"
	"os"
	"testing"
)

// Windows refuses to bind ports of excluded ranges (WSAEACCES) although they are free.
func TestListenSkipsAPortThatMayNotBeBound(t *testing.T) {
	refused := []int{1 << 17}
	if ln, err := net.Listen("tcp4", loopbackAddress(1)); errors.Is(err, os.ErrPermission) {
		refused = append(refused, 1)
	} else if err == nil {
		_ = ln.Close()
	}
	for _, port := range refused {
		ln, bound := listenLoopback(t.Context(), []int{port, 0})
		if ln == nil || bound == port {
			t.Fatalf("after port %d: %v, port %d", port, ln, bound)
		}
		_ = ln.Close()
	}
}
