package keyring

import (
	"os"
	"sync/atomic"
)

// childArgument is the only argument of a child, see child_darwin.go.
const childArgument = "keyring:child-1"

// childReady says that the program calls RunChild, so that it can be started again.
var childReady atomic.Bool

// RunChild makes one keychain call and returns true if this package started the
// process for that; main must then end without doing anything else. It returns
// false in every other process. Call it first in main:
//
//	if keyring.RunChild() {
//		return
//	}
//
// On macOS a program that does so gets a guarantee: a call that reached its
// deadline is over, and nothing is stored or deleted later, not even if somebody
// answers the dialog that the call was waiting for. Without RunChild such a call
// goes on by itself. On other platforms it does nothing and returns false.
func RunChild() bool {
	if len(os.Args) == 2 && os.Args[1] == childArgument {
		return runChild()
	}
	childReady.Store(true)
	return false
}
