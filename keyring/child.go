package keyring

import (
	"os"
	"sync/atomic"
)

// childArgument is the only argument of a child; see child_darwin.go.
const childArgument = "keyring:child-1"

// childReady is true if the program called RunChild, so that it can run as its own child.
var childReady atomic.Bool

// RunChild makes one keychain call and returns true if this package started the process for that; main must then end
// without doing anything else. It returns false in every other process. Call it first in main:
//
//	if keyring.RunChild() {
//		return
//	}
//
// On macOS this guarantees that a call ends at its deadline: it stores or deletes nothing later, even if somebody
// answers the dialog that the call was waiting for. Without RunChild such a call continues. On other platforms RunChild
// returns false.
func RunChild() bool {
	if len(os.Args) == 2 && os.Args[1] == childArgument {
		return runChild()
	}
	childReady.Store(true)
	return false
}
