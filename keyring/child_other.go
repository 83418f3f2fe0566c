//go:build !darwin

package keyring

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
func RunChild() bool { return false }
