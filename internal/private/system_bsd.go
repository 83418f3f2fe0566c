//go:build unix && !linux

package private

import "golang.org/x/sys/unix"

// bootID identifies this boot of this machine. Only macOS has such an ID.
func bootID() string {
	id, _ := unix.Sysctl("kern.bootsessionuuid")
	return id
}

const runtimeDirs = ""

// OnNetwork is always false; see the Linux version.
func OnNetwork(string) bool { return false }
