package account

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// defaultPorts are those of package login.
var defaultPorts = []int{24816, 24818}

// wsaAddrInUse is EADDRINUSE on Windows, which package syscall does not name.
const wsaAddrInUse syscall.Errno = 10048

// WhyNoPort says which callback ports can't be used, and who holds them if that is
// known.
func (a *Account) WhyNoPort() string {
	_, taken := a.tryPorts()
	if len(taken) == 0 {
		return "no callback port could be used" // the port became free in the meantime
	}
	return "no callback port is free: " + strings.Join(taken, "; ")
}

// tryPorts tries to listen on the callback ports.
func (a *Account) tryPorts() (free, taken []string) {
	ports := a.CallbackPorts
	if ports == nil {
		ports = defaultPorts
	}
	for _, port := range ports {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		switch {
		case err == nil:
			listener.Close()
			free = append(free, strconv.Itoa(port))
		case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, wsaAddrInUse):
			taken = append(taken, fmt.Sprintf("%d is taken%s", port, by(portHolder(port))))
		default:
			taken = append(taken, fmt.Sprintf("%d can't be used", port))
		}
	}
	return free, taken
}

func by(holder string) string {
	if holder == "" {
		return ""
	}
	return " by " + holder
}
