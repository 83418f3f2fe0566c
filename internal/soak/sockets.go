package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// socketAt returns what /proc calls the socket of this machine's TCP port, "" where there is none. The port is a
// client's: no two connections of the loopback have the same.
func socketAt(port int) string {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return ""
	}
	local := fmt.Sprintf("0100007F:%04X", port)
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); len(f) > 9 && f[1] == local && f[9] != "0" {
			return "socket:[" + f[9] + "]"
		}
	}
	return ""
}

// holdsSocket reports whether a process has a socket open.
func holdsSocket(pid int, socket string) bool {
	open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, fd := range open {
		if name, err := os.Readlink(fd); err == nil && name == socket {
			return true
		}
	}
	return false
}
