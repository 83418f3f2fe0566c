//go:build unix && !linux

package private

import "golang.org/x/sys/unix"

// bootID names this run of this machine's kernel. Only macOS has such a name.
func bootID() string {
	id, _ := unix.Sysctl("kern.bootsessionuuid")
	return id
}

const runtimeDirs = ""

// OnNetwork is always false: see the Linux version.
func OnNetwork(string) bool { return false }
