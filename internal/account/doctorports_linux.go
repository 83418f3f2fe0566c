package account

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// portHolder names the process of this user that listens on a port of 127.0.0.1 or of
// all addresses; "" if it is not known. A child that has just been forked holds the
// socket too, and is not meant.
func portHolder(port int) string {
	sockets := listeners(port)
	holders := map[string]bool{} // directories in /proc
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && sockets[target] {
			holders[filepath.Dir(filepath.Dir(link))] = true
		}
	}
	for _, process := range slices.Sorted(maps.Keys(holders)) {
		if !holders[parentOf(process)] {
			name, _ := os.ReadFile(filepath.Join(process, "comm"))
			return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(name)), filepath.Base(process))
		}
	}
	return ""
}

// parentOf returns the directory of a process's parent in /proc.
func parentOf(process string) string {
	stat, _ := os.ReadFile(filepath.Join(process, "stat"))
	_, rest, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	if f := strings.Fields(rest); len(f) > 1 { // the state and the parent follow the name
		return filepath.Join("/proc", f[1])
	}
	return ""
}

// listeners returns the sockets that listen on a port, as the links in /proc name them.
func listeners(port int) map[string]bool {
	const listening = "0A" // TCP_LISTEN in include/net/tcp_states.h
	found := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table)
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line) // sl, local address, remote address, state, …, inode
			if len(f) > 9 && f[3] == listening && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				found["socket:["+f[9]+"]"] = true
			}
		}
	}
	return found
}
