package keyring

import (
	"syscall"
	"unsafe"
)

// This file calls the Security framework without cgo, as the standard library and x/sys call macOS' libraries: a dynamic
// import, a trampoline in assembly, and syscall.syscall, which runs it on a system stack.

//go:cgo_import_dynamic keyring_SecKeychainGetStatus SecKeychainGetStatus "/System/Library/Frameworks/Security.framework/Versions/A/Security"

// getStatusAddr is the trampoline's address; see lockstate_darwin.s.
var getStatusAddr uintptr

//go:linkname syscall_syscall syscall.syscall
func syscall_syscall(fn, a1, a2, a3 uintptr) (r1, r2 uintptr, err syscall.Errno)

// stateUnlocked is kSecUnlockStateStatus.
const stateUnlocked = 1

// keychainLocked reports whether the default keychain is locked. It shows no dialog; `security show-keychain-info` would
// ask to unlock the keychain. A status other than 0 is macOS' error.
func keychainLocked() (locked bool, status int32) {
	var state uint32
	result, _, _ := syscall_syscall(getStatusAddr, 0, uintptr(unsafe.Pointer(&state)), 0) // 0: the default keychain
	return state&stateUnlocked == 0, int32(result)
}
